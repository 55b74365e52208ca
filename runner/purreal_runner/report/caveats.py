"""Owns finding what makes two runs hard to compare; looks at no measured difference."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from purreal_runner.judge import wording
from purreal_runner.judge.verdict import Verdict
from purreal_runner.report.comparison import About, Caveat
from purreal_runner.report.model import Report

NONE = "none"
_OTHER_TASK = frozenset({About.WORKLOAD, About.LOAD, About.INCOMPLETE})
_MADE_FOR_THE_RUN = frozenset({"embedded", "server", "ephemeral"})
"""Kinds of targets that get a new address each time, which says nothing about the database."""


@dataclass(frozen=True, slots=True)
class _Setting:
    about: About
    name: str
    words: Callable[[Report], str]


def caveats(before: Report, after: Report) -> tuple[Caveat, ...]:
    """Everything to know before the numbers of two runs are compared, the gravest first."""
    found = [
        *_other_settings(before, after),
        *_shortcomings("before", before),
        *_shortcomings("after", after),
    ]
    order = list(About)
    return tuple(sorted(found, key=lambda caveat: order.index(caveat.about)))


def same_task(found: tuple[Caveat, ...]) -> bool:
    """Whether both runs were to do the same, and did it to the end."""
    return not any(caveat.about in _OTHER_TASK for caveat in found)


def _other_settings(before: Report, after: Report) -> Iterator[Caveat]:
    for setting in _SETTINGS:
        earlier, later = setting.words(before), setting.words(after)
        if earlier != later:
            words = f"{setting.name}: {earlier} before, {later} after"
            yield Caveat(about=setting.about, words=words)


def _shortcomings(side: str, report: Report) -> Iterator[Caveat]:
    for words in _why_incomplete(report):
        yield Caveat(about=About.INCOMPLETE, words=f"{side}: {words}")
    if report.on_cluster is not None and report.on_cluster.target.disturbed:
        words = f"{side}: {report.on_cluster.target.disturbed}"
        yield Caveat(about=About.TARGET, words=words)
    if report.generator.saturated or any(each.generator_limited for each in report.thresholds):
        yield Caveat(about=About.GENERATOR, words=f"{side}: {report.generator.sentence}")


def _why_incomplete(report: Report) -> Iterator[str]:
    if report.verdict in (Verdict.CANCELLED, Verdict.ERROR):
        yield report.reason
    elif not report.operations.issued:
        yield "nothing was measured"
    if report.on_cluster is None:
        return
    runners = report.on_cluster.runners
    if runners.lost:
        lost = wording.count(len(runners.lost), "runner")
        yield f"{lost} lost, with {wording.percent(runners.lost_share)} of the load"
    yield from report.on_cluster.mismatches


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:,}"


def _duration(value: float | None) -> str:
    return NONE if value is None else f"{value:g} s"


def _kind(report: Report) -> str:
    """A document and a cluster write it with capitals, a run outside of it does not."""
    return report.target.kind.lower()


def _address(report: Report) -> str:
    return NONE if _kind(report) in _MADE_FOR_THE_RUN else report.target.endpoint


_SETTINGS = (
    _Setting(
        About.WORKLOAD,
        "workload",
        lambda report: report.run.scenario or report.run.workload or "workload",
    ),
    _Setting(About.WORKLOAD, "faults", lambda report: ", ".join(report.run.faults) or NONE),
    _Setting(About.SEED, "seed", lambda report: str(report.run.seed)),
    _Setting(About.LOAD, "workers", lambda report: _number(report.run.workers)),
    _Setting(About.LOAD, "operations", lambda report: _number(report.run.operations)),
    _Setting(About.LOAD, "duration", lambda report: _duration(report.run.duration_seconds)),
    _Setting(About.LOAD, "warm-up", lambda report: _duration(report.run.warm_up_seconds)),
    _Setting(About.POOL, "pools", lambda report: _number(report.effective.pools)),
    _Setting(About.POOL, "min_size", lambda report: _number(report.limits.min_size)),
    _Setting(About.POOL, "max_size", lambda report: _number(report.limits.max_size)),
    _Setting(
        About.POOL, "max_lifetime", lambda report: _duration(report.limits.max_lifetime_seconds)
    ),
    _Setting(
        About.POOL, "max_idle_time", lambda report: _duration(report.limits.max_idle_time_seconds)
    ),
    _Setting(
        About.POOL,
        "acquire_timeout",
        lambda report: _duration(report.limits.acquire_timeout_seconds),
    ),
    _Setting(About.POOL, "lend", lambda report: report.effective.lend),
    _Setting(About.TARGET, "target", _kind),
    _Setting(About.TARGET, "server", lambda report: report.target.version or "unknown"),
    _Setting(About.TARGET, "address", _address),
    _Setting(About.GENERATOR, "processes", lambda report: _number(report.effective.processes)),
    _Setting(About.GENERATOR, "event loop", lambda report: report.run.loop),
    _Setting(
        About.GENERATOR, "stress on purpose", lambda report: report.run.deliberate_stress or NONE
    ),
    _Setting(
        About.GENERATOR,
        "run",
        lambda report: "outside of a cluster" if report.on_cluster is None else "on a cluster",
    ),
)
