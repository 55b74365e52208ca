"""What a document means on this machine: which SurrealDB, which credentials, which Python file.

Starts nothing and connects to nothing; reads one file, the password.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any, Literal

from purreal_runner.document.address import address_problem
from purreal_runner.document.enums import AuthLevel, TargetType, WorkloadType
from purreal_runner.document.fields import IDENTIFIER
from purreal_runner.document.model import PoolLoadTest
from purreal_runner.document.options import (
    COMMAND_LINE,
    LocalOptions,
    kept_settings,
    with_options,
)
from purreal_runner.document.password_file import BadPasswordFile, read_password
from purreal_runner.document.problems import InvalidDocument, Problem
from purreal_runner.document.reading import validated

DEFAULT_USER = "root"

Level = Literal["root", "namespace", "database"]
LEVELS: Mapping[AuthLevel, Level] = MappingProxyType(
    {
        AuthLevel.ROOT: "root",
        AuthLevel.NAMESPACE: "namespace",
        AuthLevel.DATABASE: "database",
    }
)


@dataclass(frozen=True, slots=True)
class ResolvedTarget:
    """The SurrealDB of a local run.

    Args:
        kind: `embedded` and `server` are started for the run, `url` is there already.
        endpoint: address of a `url`, else None.
        username: None: no sign-in (`url`), or credentials made for the run.
        password: never in the repr.
        level: where the user is defined.
        ca_file: certificate authority of a `wss://` endpoint.
        namespace: SurrealDB namespace.
        database: SurrealDB database.
    """

    kind: Literal["embedded", "server", "url"]
    endpoint: str | None
    username: str | None
    password: str | None = field(repr=False)
    level: Level
    ca_file: FilePath | None
    namespace: str
    database: str


@dataclass(frozen=True, slots=True)
class PythonFile:
    """The Python function that is one operation."""

    path: FilePath
    function: str


@dataclass(frozen=True, slots=True)
class LocalRun:
    """All that a local run needs to know: the document with the options in it, and the rest."""

    document: PoolLoadTest
    target: ResolvedTarget
    python: PythonFile | None


def resolve_local(
    document: PoolLoadTest, options: LocalOptions, source: str = COMMAND_LINE
) -> LocalRun:
    """Work out what a document means on this machine.

    Args:
        document: as read, or from `document_from_options`.
        options: win over the document.
        source: what problems call the document, such as its file name.

    Raises:
        InvalidDocument: something is missing (the problem names the flag) or does not fit.
    """
    changed = with_options(document, options, source)
    python = _python_file(changed, options)
    if python is not None:
        changed = _with_python(changed, python)
    problems = [*_missing(changed, options), *_contradictions(changed, options)]
    if problems:
        raise InvalidDocument(source, problems)
    password = _password(options.password_file) if options.password_file is not None else None
    return LocalRun(changed, _target(changed, options, password), python)


def _endpoint(document: PoolLoadTest, options: LocalOptions) -> str | None:
    """Return the address of the server that is there already, None if one is to be started."""
    target = document.spec.target
    if options.url is not None or options.engine is not None:
        return options.url
    if target.type is TargetType.URL and target.url is not None:
        return target.url.endpoint
    return None


def _missing(document: PoolLoadTest, options: LocalOptions) -> Iterator[Problem]:
    """Yield what only a cluster knows and no flag says."""
    target, workload = document.spec.target, document.spec.workload
    own = options.engine is not None
    if target.type is TargetType.STATEFUL_SET and options.url is None and not own:
        yield _needs("spec.target.statefulSet", "--url ws://HOST:PORT")
    if target.auth.secret_ref is not None and options.password_file is None and not own:
        yield _needs("spec.target.auth.secretRef", "--password-file FILE (and --user NAME)")
    authority = target.url.ca_ref if target.url is not None and options.url is None else None
    if authority is not None and options.ca_file is None and not own:
        yield _needs("spec.target.url.caRef", "--ca-file FILE")
    if workload.type is WorkloadType.PYTHON and options.workload is None:
        in_image = workload.python is not None and workload.python.file is not None
        source = "file" if in_image else "configMapRef"
        yield _needs(f"spec.workload.python.{source}", "--workload FILE.py:FUNCTION")


def _needs(name: str, flag: str) -> Problem:
    return Problem(0, 0, name, f"is read on a cluster only; here it needs {flag}")


def _contradictions(document: PoolLoadTest, options: LocalOptions) -> Iterator[Problem]:
    words = address_problem(options.url) if options.url is not None else None
    if words is not None:
        yield Problem(0, 0, "--url", words)
    if options.url is not None and options.engine is not None:
        yield Problem(0, 0, "--engine", "starts a SurrealDB, but --url names one; use one of them")
    if options.user == "":
        yield Problem(0, 0, "--user", "must not be empty")
    elif options.user is not None and options.password_file is None:
        yield Problem(0, 0, "--user", "needs --password-file FILE")
    endpoint = _endpoint(document, options)
    if options.ca_file is not None and endpoint is None:
        yield Problem(0, 0, "--ca-file", "is for a server that is there; add --url wss://HOST:PORT")
    elif options.ca_file is not None and endpoint is not None and endpoint.startswith("ws:"):
        yield Problem(0, 0, "--ca-file", "needs an encrypted address, wss://HOST:PORT")
    if options.workload is not None and options.scenario is not None:
        yield Problem(0, 0, "--workload", "is an operation of its own; leave out --scenario")


def _target(document: PoolLoadTest, options: LocalOptions, password: str | None) -> ResolvedTarget:
    target = document.spec.target
    endpoint = _endpoint(document, options)
    kind: Literal["embedded", "server", "url"] = "url"
    if endpoint is None:
        kind = options.engine or "embedded"
    return ResolvedTarget(
        kind=kind,
        endpoint=endpoint,
        username=None if password is None else options.user or DEFAULT_USER,
        password=password,
        # What is started for the run has one user, and that is root.
        level=LEVELS[target.auth.level] if kind == "url" else "root",
        ca_file=options.ca_file,
        namespace=target.database.namespace,
        database=target.database.name,
    )


def _python_file(document: PoolLoadTest, options: LocalOptions) -> PythonFile | None:
    if options.workload is None:
        return None
    python = document.spec.workload.python
    path, colon, function = options.workload.rpartition(":")
    if not colon:
        path, function = options.workload, python.function if python else "simulate_work"
    if not path or re.search(IDENTIFIER, function) is None:
        words = f"must be FILE.py or FILE.py:FUNCTION, not {options.workload!r}"
        raise InvalidDocument(COMMAND_LINE, [Problem(0, 0, "--workload", words)])
    return PythonFile(FilePath(path), function)


def _with_python(document: PoolLoadTest, python: PythonFile) -> PoolLoadTest:
    """Return the document with the file as its workload, as a cluster would hold it."""
    data = document.model_dump(mode="json", by_alias=True, exclude_unset=True)
    old: dict[str, Any] = data["spec"].get("workload", {})
    stand_in: dict[str, Any] = {"configMapRef": {"name": "local", "key": "load.py"}}
    source = old.get("python") or stand_in
    data["spec"]["workload"] = {
        **kept_settings(old),
        "type": "Python",
        "python": {**source, "function": python.function},
    }
    changed, found = validated(data)
    if changed is None:
        raise InvalidDocument(COMMAND_LINE, [Problem(0, 0, "--workload", w) for _, w in found])
    return changed


def _password(path: FilePath) -> str:
    try:
        return read_password(path)
    except BadPasswordFile as error:
        problem = Problem(0, 0, "--password-file", str(error))
        raise InvalidDocument(COMMAND_LINE, [problem]) from error
