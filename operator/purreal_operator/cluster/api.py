"""Requests to the API server: JSON in and out or lines as they come, time limits, typed errors.

Uses the request and connection half of `kubernetes.aio` alone: its two thousand model classes
would cost memory and time, and the objects are read as plain dicts anyway.
"""

import json
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, cast
from urllib.parse import quote

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.client.rest import RESTResponse
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config
from kubernetes.aio.config.incluster_config import SERVICE_TOKEN_FILENAME

from purreal_operator.cluster.errors import Unavailable, error_of, reason_of

Json = dict[str, Any]

Connect = Callable[[], Awaitable[Configuration]]
"""Finds the cluster and who asks there; raises `Unavailable` if there is no way to one."""

FIELD_MANAGER = "purreal-operator"
_AUTHENTICATION = ["BearerToken"]
_WARNING = re.compile(r'299 \S+ "(.*)"')
_METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


class Resource(NamedTuple):
    """Where objects of one kind are in the API."""

    prefix: str
    plural: str

    @property
    def everywhere(self) -> str:
        """The path of all objects of all namespaces."""
        return f"{self.prefix}/{self.plural}"

    def path(self, namespace: str, name: str = "", part: str = "") -> str:
        """The path of all objects of a namespace, of one, or of a part such as `status`."""
        steps = ("namespaces", namespace, self.plural, name, part)
        return "/".join((self.prefix, *(quote(step, safe="") for step in steps if step)))


class Answer(NamedTuple):
    """What the API server answered."""

    status: int
    body: bytes
    warnings: tuple[str, ...] = ()

    @property
    def json(self) -> Json:
        """The body as an object."""
        return cast("Json", json.loads(self.body))

    @property
    def exists_already(self) -> bool:
        """Whether it refused to create what is there; other conflicts do not count."""
        return self.status == 409 and reason_of(self.body) == "AlreadyExists"


class Api:
    """A client of one API server for one event loop; use with `async with`.

    Args:
        connect: called once, on entering; for pods: `by_pod_or_file`.
        seconds: time limit of each request, connecting included.
    """

    def __init__(self, connect: Connect, seconds: float) -> None:
        self._connect = connect
        self._seconds = seconds
        self._client: ApiClient | None = None

    async def __aenter__(self) -> Self:
        self._client = ApiClient(await self._connect())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()  # type: ignore[no-untyped-call]

    async def get(self, path: str, action: str, **query: str) -> Json | None:
        """Read one object, None if there is none.

        Raises:
            ClusterError: see its subclasses.
        """
        return await self._object(path, action, query, "application/json")

    async def get_metadata(self, path: str, action: str) -> Json | None:
        """Read the metadata of one object, None if there is none.

        Raises:
            ClusterError: see its subclasses.
        """
        return await self._object(path, action, {}, _METADATA_ONLY)

    async def ask(
        self,
        method: str,
        path: str,
        action: str,
        *,
        query: dict[str, str] | None = None,
        body: Json | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Answer:
        """Send one request and read its answer, whatever it says.

        Raises:
            Unavailable: no answer in time, or no connection.
        """
        with _no_answer_as_unavailable(action, self._seconds):
            response = await self._send(
                method, path, query, body, self._seconds, content_type=content_type, accept=accept
            )
            content: bytes = await response.read()  # type: ignore[no-untyped-call]
            return Answer(response.status, content, _warnings(response.headers))

    @asynccontextmanager
    async def lines(
        self,
        path: str,
        action: str,
        *,
        query: dict[str, str],
        seconds: float | None,
        accept: str = "application/json",
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Read an answer line by line while it comes: a watch, or a log that is followed.

        Args:
            path: what to read.
            action: in words.
            query: parameters.
            seconds: time limit of the whole answer; None: until the server ends it.
            accept: content type.

        Raises:
            ClusterError: see its subclasses; `Unavailable` also when the answer breaks off, or is
                not over in time.
        """
        limit = aiohttp.ClientTimeout(total=seconds, sock_connect=self._seconds)
        longest = seconds or self._seconds
        with _no_answer_as_unavailable(action, longest):
            response = await self._send("GET", path, query, None, limit, accept=accept)
        try:
            if response.status != 200:
                with _no_answer_as_unavailable(action, longest):
                    content: bytes = await response.read()  # type: ignore[no-untyped-call]
                succeeded(Answer(response.status, content), action)
            yield _lines(response.response.content, action, longest)
        finally:
            response.response.close()

    async def _send(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None,
        body: Json | None,
        limit: float | aiohttp.ClientTimeout,
        *,
        content_type: str = "application/json",
        accept: str,
    ) -> RESTResponse:
        client = self._open_client()
        request = await client.param_serialize(
            method,
            path,
            query_params=dict(query or {}),
            header_params={"Accept": accept, "Content-Type": content_type},
            body=body,
            auth_settings=_AUTHENTICATION,
        )
        return await client.call_api(*request, _request_timeout=limit)

    async def _object(
        self, path: str, action: str, query: dict[str, str], accept: str
    ) -> Json | None:
        answer = await self.ask("GET", path, action, query=query, accept=accept)
        if answer.status == 404:
            return None
        return succeeded(answer, action).json

    def _open_client(self) -> ApiClient:
        if self._client is None:
            raise RuntimeError("the cluster is used outside of its `async with`")
        return self._client


def succeeded(answer: Answer, action: str) -> Answer:
    """Return `answer` if it is a success.

    Raises:
        ClusterError: it is not; see its subclasses.
    """
    if not 200 <= answer.status <= 299:
        raise error_of(answer.status, answer.body, action)
    return answer


def _warnings(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The texts in the headers `Warning: 299 - "TEXT"`, of which there may be several."""
    values = [value for name, value in headers.items() if name.lower() == "warning"]
    found = (_WARNING.fullmatch(value) for value in values)
    return tuple(match[1].replace('\\"', '"') for match in found if match)


def by_pod_or_file(kubeconfig: Path | None) -> Connect:
    """Connect by a file; None: by the pod's service account, else by the user's file."""

    async def connect() -> Configuration:
        configuration = Configuration()
        try:
            if kubeconfig is None and os.path.exists(SERVICE_TOKEN_FILENAME):  # noqa: ASYNC240
                load_incluster_config(configuration)  # type: ignore[no-untyped-call]
            else:
                file = str(kubeconfig) if kubeconfig is not None else None
                await load_kube_config(  # type: ignore[no-untyped-call]
                    config_file=file, client_configuration=configuration
                )
        except (ConfigException, OSError) as error:
            raise Unavailable(f"there is no way to a cluster: {error}") from error
        return configuration

    return connect


async def _lines(
    content: aiohttp.StreamReader, action: str, seconds: float
) -> AsyncIterator[bytes]:
    """The lines; only what goes wrong with reading them is an error of the cluster."""
    while True:
        with _no_answer_as_unavailable(action, seconds):
            line = await content.readline()
        if not line:
            return
        yield line


@contextmanager
def _no_answer_as_unavailable(action: str, seconds: float) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        words = f"no answer of the API server within {seconds:g} s"
        raise Unavailable(f"{action}: {words}") from None
    except (aiohttp.ClientError, OSError) as error:
        words = f"the API server can't be reached: {error or type(error).__name__}"
        raise Unavailable(f"{action}: {words}") from error
