"""The report of a run on a cluster, judged by the code that judges local runs; does no I/O."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from purreal_operator.decide.beginning import target_type
from purreal_operator.decide.losses import planned_share
from purreal_operator.results.accounting import disagreements
from purreal_operator.results.parts import StoredParts
from purreal_operator.status.model import PoolLoadTestStatus
from purreal_operator.status.moments import epoch
from purreal_operator.status.words import Reason
from purreal_runner.document.local import LEVELS, LocalRun, PythonFile, ResolvedTarget
from purreal_runner.document.model import PoolLoadTest
from purreal_runner.load.facts import Circumstances as RunCircumstances
from purreal_runner.load.facts import run_facts
from purreal_runner.load.from_document import Circumstances, run_settings
from purreal_runner.load.plan import ConnectionPlan
from purreal_runner.load.settings import RunSettings
from purreal_runner.load.target import ReadyTarget
from purreal_runner.measure.merge import Merged, merge
from purreal_runner.report.build import build_report
from purreal_runner.report.model import Report
from purreal_runner.report.on_cluster import (
    DatabaseUse,
    LogTail,
    OnCluster,
    PhaseTime,
    RunnersUse,
    SlowOperation,
    TargetUse,
)

_GOOD_ENDINGS = frozenset({Reason.LOAD_ENDED, Reason.CANCELLED})


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of a run whose load is over.

    Attributes:
        namespace: of the test.
        document: as it was frozen.
        status: as it is stored, with the ending and the lost runners.
        parts: what the runners stored.
        endpoint: of the target, without secrets.
        trace_id: of the run, hex.
        notes: what runners want the reader to know.
        database, slowest, logs: see `OnCluster`.
    """

    namespace: str
    document: PoolLoadTest
    status: PoolLoadTestStatus
    parts: StoredParts
    endpoint: str = ""
    trace_id: str = ""
    notes: tuple[str, ...] = ()
    database: DatabaseUse | None = None
    slowest: tuple[SlowOperation, ...] = ()
    logs: tuple[LogTail, ...] = ()


def cluster_report(evidence: Evidence) -> Report:
    """Merge and judge what a run measured.

    Lost runners count for nothing: what they measured is not known, and a part of it would depend
    on when somebody looked.
    """
    merged, mismatches = _merged(evidence.parts)
    inconsistencies = _inconsistencies(evidence, merged)
    problems = tuple(_problems(evidence.status, (*mismatches, *inconsistencies)))
    settings = _settings(evidence.document)
    target = ReadyTarget(
        kind=target_type(evidence.document).value,
        version=evidence.status.target.version,
        connection=ConnectionPlan(url=evidence.endpoint, namespace="", database=""),
    )
    facts = run_facts(
        settings,
        target,
        RunCircumstances(
            started_at=evidence.status.starts_at or evidence.status.started_at or "",
            processes=settings.pools,
            interrupted=evidence.status.ending is Reason.CANCELLED,
            problems=problems,
            notes=(*_loss_notes(evidence.status), *evidence.notes),
        ),
    )
    on_cluster = _on_cluster(evidence, mismatches, inconsistencies)
    return build_report(facts, merged).model_copy(update={"on_cluster": on_cluster})


def _merged(stored: StoredParts) -> tuple[Merged | None, tuple[str, ...]]:
    if not stored.parts:
        return None, stored.mismatches
    try:
        return merge(stored.parts), stored.mismatches
    except ValueError as error:
        return None, (*stored.mismatches, str(error))


def _inconsistencies(evidence: Evidence, merged: Merged | None) -> tuple[str, ...]:
    if evidence.status.starts_at is None:
        return ()
    spec, status = evidence.document.spec, evidence.status
    lost = set(status.runners.lost)
    each = spec.runners.processes
    reported = frozenset(pool for pool in range(spec.runners.pools) if pool // each not in lost)
    whole = status.ending is Reason.LOAD_ENDED
    return disagreements(
        evidence.parts.parts,
        merged,
        pools=spec.runners.pools,
        reported=reported,
        operations=spec.load.stop.operations if whole else None,
    )


def _problems(status: PoolLoadTestStatus, found: tuple[str, ...]) -> list[str]:
    """What makes the verdict Error."""
    if status.ending not in _GOOD_ENDINGS:
        return [status.ending_message]
    return [f"the results do not add up: {found[0]}"] if found else []


def _loss_notes(status: PoolLoadTestStatus) -> tuple[str, ...]:
    lost = status.runners.lost
    if not lost:
        return ()
    numbers = ", ".join(map(str, lost[:10]))
    share = status.runners.lost_share
    return (f"degraded: runner {numbers} lost with {share} of the planned load; not counted",)


def _settings(document: PoolLoadTest) -> RunSettings:
    place = document.spec.target.database
    target = ResolvedTarget(
        kind="url",
        endpoint=None,
        username=None,
        password=None,
        level=LEVELS[document.spec.target.auth.level],
        ca_file=None,
        namespace=place.namespace,
        database=place.name,
    )
    # The token only matters to those who make tables.
    circumstances = Circumstances(table_token="report")  # noqa: S106
    return run_settings(LocalRun(document, target, _python(document)), circumstances)


def _python(document: PoolLoadTest) -> PythonFile | None:
    python = document.spec.workload.python
    if python is None:
        return None
    reference = python.config_map_ref
    name = python.file if reference is None else f"{reference.name}/{reference.key}"
    return PythonFile(Path(name or ""), python.function)


def _on_cluster(
    evidence: Evidence, mismatches: tuple[str, ...], inconsistencies: tuple[str, ...]
) -> OnCluster:
    status = evidence.status
    runners, target = status.runners, status.target
    skew = runners.start_skew_microseconds
    before, last = target.before, target.last
    return OnCluster(
        namespace=evidence.namespace,
        run=status.run,
        trace_id=evidence.trace_id,
        runners=RunnersUse(
            expected=runners.expected,
            reported=runners.expected - len(runners.lost) if status.starts_at else 0,
            lost=runners.lost,
            lost_share=planned_share(evidence.document, runners.lost),
            start_skew_seconds=None if skew is None else skew / 1e6,
        ),
        phases=tuple(_phases(status)),
        target=TargetUse(
            ready_before=before.ready if before else None,
            least_ready=target.least_ready,
            ready_after=last.ready if last else None,
            restarts=max(0, last.restarts - before.restarts) if before and last else 0,
            disturbed=target.disturbed,
        ),
        database=evidence.database,
        slowest=evidence.slowest,
        logs=evidence.logs,
        refused_pushes=dict(status.refused_pushes),
        mismatches=mismatches,
        inconsistencies=inconsistencies,
    )


def _phases(status: PoolLoadTestStatus) -> Iterator[PhaseTime]:
    """The phases that are over; the present one, in which the report is made, is not."""
    for begun, following in pairwise(status.phases):
        seconds = epoch(following.since) - epoch(begun.since)
        yield PhaseTime(name=begun.phase, seconds=seconds)
