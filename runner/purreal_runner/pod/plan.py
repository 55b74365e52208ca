"""What this pod's processes do, from the frozen document and what the pod says; starts nothing."""

from dataclasses import replace
from pathlib import Path

from purreal_runner.document import InvalidDocument, PoolLoadTest, load_document
from purreal_runner.document.local import LEVELS, LocalRun, PythonFile, ResolvedTarget
from purreal_runner.load.file_limit import raise_file_limit, require_room, sockets_needed
from purreal_runner.load.from_document import Circumstances, run_settings
from purreal_runner.load.loops import choose_loop
from purreal_runner.load.plan import ProcessPlan
from purreal_runner.load.settings import RunSettings
from purreal_runner.load.spread import process_plan
from purreal_runner.load.target import connection_of
from purreal_runner.otlp.identity import trace_of
from purreal_runner.pod.coordination import FailureReason
from purreal_runner.pod.failing import CannotGoOn
from purreal_runner.pod.settings import PodSettings

SNAPSHOT_SECONDS = 2.0


def read_document(settings: PodSettings) -> PoolLoadTest:
    """The document as it was when the run began.

    Raises:
        CannotGoOn: this version can't read it, or it has no such runner.
    """
    try:
        document = load_document(settings.document_file)
    except InvalidDocument as error:
        raise CannotGoOn(
            FailureReason.RUNNER_BROKE,
            f"this runner can't read the document; has its image another version than the "
            f"operator's? {error}",
        ) from error
    replicas = document.spec.runners.replicas
    if settings.index >= replicas:
        words = f"this is runner {settings.index}, but the document has {replicas} (from 0)"
        raise CannotGoOn(FailureReason.RUNNER_BROKE, words)
    return document


def whole_run(document: PoolLoadTest, settings: PodSettings) -> RunSettings:
    """The run of which this pod does a part; the same in all pods, but for where their files are.

    `operations`, `workers` and `pools` are of the whole run.
    """
    auth, place = document.spec.target.auth, document.spec.target.database
    target = ResolvedTarget(
        kind="url",
        endpoint=settings.target_url,
        username=settings.username,
        password=settings.password,
        level=LEVELS[auth.level],
        ca_file=settings.ca_file,
        namespace=place.namespace,
        database=place.name,
    )
    circumstances = Circumstances(loop=choose_loop(), table_token=settings.table_token)
    local = LocalRun(document, target, _python_file(document, settings))
    run = run_settings(local, circumstances)
    return replace(run, trace_id=trace_of(settings.run_id).trace_hex)


def _python_file(document: PoolLoadTest, settings: PodSettings) -> PythonFile | None:
    python = document.spec.workload.python
    if python is None:
        return None
    file = settings.workload_file if python.file is None else Path(python.file)
    return PythonFile(file, python.function)


def process_plans(run: RunSettings, index: int, processes: int) -> list[ProcessPlan]:
    """A plan for each process of the runner `index`: one pool each, numbered over the whole run."""
    connection = connection_of(run.target)
    first = index * processes
    return [
        process_plan(run, connection, pool, [pool]).model_copy(
            update={"snapshot_seconds": SNAPSHOT_SECONDS}
        )
        for pool in range(first, first + processes)
    ]


def require_sockets(plans: list[ProcessPlan]) -> None:
    """Makes room for the sockets of each process.

    Raises:
        NoRoomForSockets: the node's hard limit of open files is too low; says what to do.
    """
    limit = raise_file_limit()
    for plan in plans:
        workers = sum(share.workers for share in plan.shares)
        sockets = sockets_needed(workers, plan.limits)
        what = f"the pool of one process with {workers:,} workers"
        require_room(sockets, limit, what=what, lend=plan.limits.lend)
