"""Owns the address of a server and the words for why it can't be reached; does no I/O."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from websockets.exceptions import InvalidHandshake, InvalidStatus

from purreal._errors import ConfigurationError

_RPC_PATH = "/rpc"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A WebSocket address without secrets."""

    uri: str
    host: str
    port: int
    secure: bool

    @classmethod
    def parse(cls, uri: str) -> Endpoint:
        """Check an address and complete it with ``/rpc`` where it has no path.

        Raises:
            ConfigurationError: not ``ws://`` or ``wss://``, no host, or a password in it.
        """
        scheme, netloc, host, port, path = _split(uri)
        if path in ("", "/"):
            path = _RPC_PATH
        secure = scheme == "wss"
        return cls(f"{scheme}://{netloc}{path}", host, port or _default(secure), secure)

    def explain(self, error: Exception) -> str:
        """Say why the connection could not be made and what to try."""
        if isinstance(error, socket.gaierror):
            return f"the host name {self.host!r} is not known. Check its spelling and the DNS"
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                f"its certificate was not accepted ({error.verify_message}). Give an `ssl` context"
                f" that knows its certificate authority"
            )
        if isinstance(error, ssl.SSLError):
            return f"TLS failed ({error.reason}). Is port {self.port} the one for wss?"
        if isinstance(error, InvalidStatus):
            status = error.response.status_code
            return (
                f"it answered HTTP {status} instead of opening a WebSocket. Is it SurrealDB, is"
                f" the path right, is it ready?"
            )
        if _is_refused(error):
            return (
                f"nothing listens on port {self.port} of {self.host} (connection refused). Is the"
                f" server running, and on this port?"
            )
        if isinstance(error, InvalidHandshake | EOFError | ConnectionError):
            return (
                f"something listens on port {self.port} of {self.host}, but it is no SurrealDB"
                f" WebSocket, or it hung up ({_words(error)})"
            )
        return _words(error)


def _split(uri: str) -> tuple[str, str, str, int | None, str]:
    """Take an address apart: scheme, network location, host, port, path.

    Raises:
        ConfigurationError: see `Endpoint.parse`.
    """
    shown = _shown(uri)
    if "@" in uri:
        raise ConfigurationError(
            f"{shown} holds an @: a user name and a password go into `credentials` instead"
        )
    # No error of urllib is passed on: they quote.
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        raise ConfigurationError(f"{shown} can not be read: write ws://host:port") from None
    if parts.scheme not in ("ws", "wss"):
        raise ConfigurationError(
            f"{shown} does not begin with ws:// or wss://{_scheme_advice(parts.scheme)}"
        )
    if "?" in uri or "#" in uri:
        raise ConfigurationError(f"{shown} goes on after the path with ? or #: remove that")
    try:
        port = parts.port
    except ValueError:
        raise ConfigurationError(f"{shown} has no usable port: write 1 to 65535") from None
    if not host:
        raise ConfigurationError(f"{shown} names no host")
    return parts.scheme, parts.netloc, host, port, parts.path


# Scheme, host, a port that is a number, and a path: in no other part of an address can be a secret.
_HARMLESS = re.compile(r"([a-z][a-z0-9+.-]*://)?[\w.-]*(\[[0-9a-f:.]+\])?(:\d+)?(/[\w./-]*)?", re.I)


def _shown(uri: str) -> str:
    """Name an address in an error, which goes into logs and reports: quoted only if harmless."""
    return f"the address {uri!r}" if _HARMLESS.fullmatch(uri) else "the address"


def _default(secure: bool) -> int:
    return 443 if secure else 80


def _scheme_advice(scheme: str) -> str:
    if scheme in ("http", "https"):
        return f": the pool speaks WebSocket, so write ws{scheme[4:]}:// for {scheme}://"
    if scheme in ("mem", "memory", "surrealkv", "file"):
        return ": an embedded engine is reached through `purreal serve`"
    return ""


def _is_refused(error: Exception) -> bool:
    # A name with several addresses (localhost: ::1 and 127.0.0.1) gives one OSError about all.
    return isinstance(error, ConnectionRefusedError) or (
        isinstance(error, OSError) and f"[Errno {errno.ECONNREFUSED}]" in str(error)
    )


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
