"""Command-line options as a document: one made from them alone, or one they change; no I/O."""

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any, Literal

from purreal_runner.document.enums import Scenario
from purreal_runner.document.fields import Path
from purreal_runner.document.flags import PLACES, problem_with_flag
from purreal_runner.document.metadata import LONGEST_NAME
from purreal_runner.document.model import API_VERSION, KIND, PoolLoadTest
from purreal_runner.document.pool import LARGEST_POOL
from purreal_runner.document.problems import InvalidDocument, Problem
from purreal_runner.document.reading import validated
from purreal_runner.document.thresholds import Threshold, parse_threshold_expression

COMMAND_LINE = "command line"

GUIDE_LOADS = MappingProxyType(
    {
        Scenario.SUSTAINED: (500, 5_000),
        Scenario.BURST: (1_000, 1_000),
        Scenario.CHURN: (200, 4_000),
        Scenario.COMPLEX: (100, 1_000),
        Scenario.PROGRESSIVE: (1_000, 5_000),
    }
)
"""Workers and operations of each scenario when the command line names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOptions:
    """What `purreal run` was told beside the file; None: not said.

    Args:
        url: `ws://` or `wss://` address of a server to use instead of the document's target.
        user: user name for `url` (default `root` when there is a password file).
        password_file: file whose first line is the password.
        ca_file: PEM file with the certificate authority of a `wss://` server.
        namespace: SurrealDB namespace.
        database: SurrealDB database.
        engine: what is started when no server is named.
        workload: `FILE.py` or `FILE.py:FUNCTION`.
        scenario: name of a scenario, in any case.
        workers: concurrent workers, in all.
        operations: operations, in all.
        duration: length of the load in seconds.
        warm_up: warm-up in seconds.
        replicas: pools (times `processes`).
        processes: processes of each replica.
        seed: seed of everything random.
        min_size: pool parameter.
        max_size: pool parameter.
        max_lifetime: pool parameter, seconds.
        max_idle_time: pool parameter, seconds.
        acquire_timeout: pool parameter, seconds.
        lend: what a lease is made of: a value of `Lend`.
        close_connection_every: closes the connection in the lease of every n-th operation.
        thresholds: expressions such as `acquire_p95 < 20ms`.
        name: name of the test.
    """

    url: str | None = field(default=None, repr=False)  # may hold a password, by mistake
    user: str | None = None
    password_file: FilePath | None = None
    ca_file: FilePath | None = None
    namespace: str | None = None
    database: str | None = None
    engine: Literal["embedded", "server"] | None = None
    workload: str | None = None
    scenario: str | None = None
    workers: int | None = None
    operations: int | None = None
    duration: int | None = None
    warm_up: int | None = None
    replicas: int | None = None
    processes: int | None = None
    seed: int | None = None
    min_size: int | None = None
    max_size: int | None = None
    max_lifetime: int | None = None
    max_idle_time: int | None = None
    acquire_timeout: int | None = None
    lend: str | None = None
    close_connection_every: int | None = None
    thresholds: tuple[str, ...] = ()
    name: str | None = None


def guide_pool_sizes(workers: int) -> tuple[int, int]:
    """Return the guide's `min_size` and `max_size`: 10 % and 120 % of the workers of one pool."""
    minimum, maximum = -(-workers // 10), -(-workers * 12 // 10)
    return (min(minimum, LARGEST_POOL), min(maximum, LARGEST_POOL))


def document_from_options(options: LocalOptions) -> PoolLoadTest:
    """Make the document for a run without a file.

    Raises:
        InvalidDocument: an option is wrong; each problem names the flag.
    """
    scenario = _scenario(options) or Scenario.SUSTAINED
    workers, operations = GUIDE_LOADS[scenario]
    workers = options.workers or workers
    pools = max(1, (options.replicas or 1) * (options.processes or 1))
    minimum, maximum = guide_pool_sizes(max(1, -(-workers // pools)))
    stop = {} if options.duration is not None else {"operations": operations}
    data: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": _name_of_workload(options) or scenario.value.lower()},
        "spec": {
            "pool": {"minSize": minimum, "maxSize": maximum},
            "workload": {"type": "Scenario", "scenario": scenario.value},
            "load": {"closed": {"workers": workers}, "stop": stop},
        },
    }
    if options.max_size is not None and options.min_size is None:
        data["spec"]["pool"]["minSize"] = max(0, min(minimum, options.max_size))
    if options.min_size is not None and options.max_size is None:
        data["spec"]["pool"]["maxSize"] = max(maximum, options.min_size)
    return _changed(data, options, COMMAND_LINE)


def _name_of_workload(options: LocalOptions) -> str | None:
    """Name a test after its Python file, as the names of Kubernetes objects are written."""
    if options.workload is None or options.scenario is not None:
        return None
    file = options.workload.rpartition(":")[0] or options.workload
    words = re.sub(r"[^a-z0-9]+", "-", FilePath(file).stem.lower())
    return words[:LONGEST_NAME].strip("-") or None


def with_options(document: PoolLoadTest, options: LocalOptions, source: str) -> PoolLoadTest:
    """Return the document with everything that the options change in it.

    Args:
        document: stays as it is.
        options: thresholds replace those of the same metric; `operations` and `duration` replace
            each other.
        source: what problems call the document, such as its file name.

    Raises:
        InvalidDocument: the result is not valid; problems name the flag or the field.
    """
    data = document.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return _changed(data, options, source)


def _changed(data: dict[str, Any], options: LocalOptions, source: str) -> PoolLoadTest:
    sustained = {"type": "Scenario", "scenario": Scenario.SUSTAINED.value}
    data["spec"].setdefault("workload", sustained)
    _set_workload(data["spec"], options)
    stop = data["spec"]["load"]["stop"]
    if options.duration is not None:
        stop.pop("operations", None)
    if options.operations is not None:
        stop.pop("durationSeconds", None)
    for option, path in PLACES.items():
        if (value := getattr(options, option)) is not None:
            _put(data, path, value)
    if options.close_connection_every is not None:
        fault = {"type": "CloseConnection", "everyOperations": options.close_connection_every}
        data["spec"]["faults"] = [fault]
    _set_thresholds(data["spec"], options)
    changed, found = validated(data)
    if changed is None:
        given = {name for name in asdict(options) if getattr(options, name) not in (None, ())}
        problems = [problem_with_flag(path, words, given) for path, words in found]
        raise InvalidDocument(source, problems)
    return changed


def _put(data: Any, path: Path, value: object) -> None:
    for step in path[:-1]:
        data = data.setdefault(step, {})
    data[path[-1]] = value


def _set_workload(spec: dict[str, Any], options: LocalOptions) -> None:
    scenario = _scenario(options)
    if scenario is not None:
        kept = kept_settings(spec["workload"])
        spec["workload"] = {**kept, "type": "Scenario", "scenario": scenario.value}


def kept_settings(workload: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a workload that stay when its operations are replaced."""
    return {key: workload[key] for key in ("setup", "seed") if key in workload}


def _scenario(options: LocalOptions) -> Scenario | None:
    if options.scenario is None:
        return None
    for scenario in Scenario:
        if options.scenario.lower() == scenario.value.lower():
            return scenario
    known = ", ".join(scenario.value.lower() for scenario in Scenario)
    words = f"must be one of {known}, not {options.scenario!r}"
    raise InvalidDocument(COMMAND_LINE, [Problem(0, 0, "--scenario", words)])


def _set_thresholds(spec: dict[str, Any], options: LocalOptions) -> None:
    added = [_threshold(expression) for expression in options.thresholds]
    if not added:
        return
    metrics = {threshold.metric.value for threshold in added}
    kept = [one for one in spec.get("thresholds", []) if one["metric"] not in metrics]
    dumps = [one.model_dump(mode="json", by_alias=True, exclude_unset=True) for one in added]
    spec["thresholds"] = kept + dumps


def _threshold(expression: str) -> Threshold:
    try:
        return parse_threshold_expression(expression)
    except ValueError as error:
        problem = Problem(0, 0, "--threshold", str(error))
        raise InvalidDocument(COMMAND_LINE, [problem]) from error
