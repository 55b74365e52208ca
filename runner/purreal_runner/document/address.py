"""Whether an address can be one at all; connects to nothing, looks nothing up."""

import ipaddress
import re
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

from purreal_runner.document.fields import COLLECTOR, ENDPOINT, PATTERN_WORDS

UNUSABLE_ADDRESS = "unusable_address"

HOST_NAME = "^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$"


def address_problem(address: str, pattern: str = ENDPOINT) -> str | None:
    """Return what is wrong with an address, None if nothing is.

    The address itself is never repeated: it may hold a password, by mistake.

    Args:
        address: as the user wrote it.
        pattern: what it must look like, `ENDPOINT` or `COLLECTOR`.
    """
    scheme = "ws" if pattern == ENDPOINT else "http"
    if re.search(pattern, address) is None or not address.isprintable():
        return PATTERN_WORDS[pattern]
    try:
        parts = urlsplit(address)
    except ValueError:  # an unclosed bracket, or characters that stand for others
        parts = None
    if parts is None or not _is_bracketed_ipv6_or_none(parts.netloc):
        return (
            f"can't be read as an address; write {scheme}://HOST:PORT, "
            f"IPv6 as {scheme}://[::1]:PORT"
        )
    if not parts.hostname:
        return f"names no host; write {scheme}://HOST:PORT"
    if "[" not in parts.netloc and re.search(HOST_NAME, parts.hostname) is None:
        return "names a host of other characters than letters, digits, '-', '_' and '.'"
    try:
        usable = parts.port != 0
    except ValueError:
        usable = False
    return None if usable else "has no usable port; write 1 to 65535"


def _is_bracketed_ipv6_or_none(place: str) -> bool:
    if "[" not in place:
        return True
    inside = re.fullmatch(r"\[([0-9A-Fa-f:]+)\](:[0-9]*)?", place)
    try:
        return inside is not None and ipaddress.IPv6Address(inside[1]).ipv4_mapped is None
    except ValueError:
        return False


def usable_address(address: str) -> str:
    """Return `address` if it can be one of a SurrealDB.

    Raises:
        PydanticCustomError: it can't; says why.
    """
    return _usable(address, ENDPOINT)


def usable_collector(address: str) -> str:
    """Return `address` if it can be one of an OTLP/HTTP collector.

    Raises:
        PydanticCustomError: it can't; says why.
    """
    return _usable(address, COLLECTOR)


def _usable(address: str, pattern: str) -> str:
    problem = address_problem(address, pattern)
    if problem is not None:
        raise PydanticCustomError(UNUSABLE_ADDRESS, "{problem}", {"problem": problem})
    return address
