"""Finds the cluster, who asks there, and the namespace, by kubectl's rules; sends no request."""

import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubernetes.aio.client import Configuration
from kubernetes.aio.config import (
    ConfigException,
    list_kube_config_contexts,
    load_incluster_config,
    load_kube_config,
)
from kubernetes.aio.config.incluster_config import SERVICE_TOKEN_FILENAME

from purreal_kubectl.asked import Asked
from purreal_kubectl.failure import Failure
from purreal_operator.cluster.api import Connect
from purreal_operator.cluster.errors import Unavailable

_TOKEN = Path(SERVICE_TOKEN_FILENAME)
_REFRESH_SECONDS = 60.0
"""Programs that make credentials may be slow, so they are asked at most so often."""


@dataclass(frozen=True, slots=True)
class Way:
    """The way to a cluster.

    Attributes:
        connect: makes the settings of the client.
        namespace: the one that holds where nobody names another.
    """

    connect: Connect
    namespace: str


def find_way(asked: Asked) -> Way:
    """The way to the cluster: a file if one is named or there, else the service account of a pod.

    Raises:
        Failure: there is none.
    """
    files = _files(asked)
    if asked.context is None and not any(file.exists() for file in files) and _TOKEN.exists():
        return Way(_connect_in_pod, _TOKEN.with_name("namespace").read_text().strip())
    context = _context(files, asked.context)
    return Way(_connect_by(files, context["name"]), context["context"].get("namespace", "default"))


def contexts(asked: Asked) -> list[str]:
    """The names of all contexts; empty where there is no file that can be read."""
    try:
        return [each["name"] for each in _all_contexts(_files(asked))[0]]
    except Failure:
        return []


def _files(asked: Asked) -> list[Path]:
    if asked.kubeconfig is not None:
        return [asked.kubeconfig]
    # An empty variable is none, as for kubectl.
    said = filter(None, os.environ.get("KUBECONFIG", "").split(os.pathsep))
    return [Path(file).expanduser() for file in said] or [Path.home() / ".kube" / "config"]


def _joined(files: list[Path]) -> str:
    return os.pathsep.join(map(str, files))


def _all_contexts(files: list[Path]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    if not any(file.exists() for file in files):
        words = f"there is no kubeconfig file {_joined(files)}"
        raise Failure(f"{words}; name one with --kubeconfig or KUBECONFIG")
    try:
        found: tuple[list[dict[str, Any]], dict[str, Any]] = list_kube_config_contexts(  # type: ignore[no-untyped-call]
            _joined(files)
        )
    except Exception as error:  # whatever a broken file makes a YAML parser raise
        raise Failure(f"the kubeconfig file {_joined(files)} can't be used: {error}") from error
    return found


def _context(files: list[Path], name: str | None) -> dict[str, Any]:
    known, current = _all_contexts(files)
    if name is None:
        return current
    for context in known:
        if context["name"] == name:
            return context
    names = ", ".join(context["name"] for context in known)
    raise Failure(f"there is no context {name!r} in {_joined(files)}, only: {names}")


async def _connect_in_pod() -> Configuration:
    configuration = Configuration()
    try:
        load_incluster_config(configuration)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError) as error:
        raise Unavailable(f"the pod's service account can't be used: {error}") from error
    return configuration


def _connect_by(files: list[Path], context: str) -> Connect:
    async def connect() -> Configuration:
        configuration = Configuration()
        try:
            loader: Any = await load_kube_config(  # type: ignore[no-untyped-call]
                config_file=_joined(files), context=context, client_configuration=configuration
            )
        except (ConfigException, OSError, ValueError) as error:
            words = f"the kubeconfig file {_joined(files)} can't be used: {error}"
            raise Unavailable(words) from error
        configuration.refresh_api_key_hook = _refreshing(  # type: ignore[assignment]
            loader.load_and_set
        )
        return configuration

    return connect


def _refreshing(
    load: Callable[[Configuration], Awaitable[None]],
) -> Callable[[Configuration], Awaitable[None]]:
    """Credentials that expire are asked for anew while a long run is followed."""
    loaded = time.monotonic()

    async def refresh(configuration: Configuration) -> None:
        nonlocal loaded
        if time.monotonic() - loaded < _REFRESH_SECONDS:
            return
        loaded = time.monotonic()
        try:
            await load(configuration)
        except (ConfigException, OSError, ValueError) as error:
            raise Unavailable(f"the credentials can't be renewed: {error}") from error

    return refresh
