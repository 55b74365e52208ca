"""Makes stored parts, statuses and evidence of runs for tests."""

from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics

from purreal_operator.results.parts import StoredParts, packed
from purreal_operator.results.report import Evidence
from purreal_operator.status.model import (
    PhaseBegin,
    PoolLoadTestStatus,
    RunnersStatus,
    TargetStatus,
)
from purreal_operator.status.moments import moment
from purreal_operator.status.words import Phase, Reason
from purreal_runner.document import parse_document
from purreal_runner.measure import Histogram, Part
from purreal_runner.measure.part import Counts, Distributions, PoolPeak, PoolRecord
from purreal_runner.otlp.encode import encode
from purreal_runner.otlp.identity import PodIdentity

BEGUN = 1_800_000_000.0


def part(index: int, *, issued: int = 100, succeeded: int | None = None, ms: float = 5.0) -> Part:
    """What one pool measured: every operation took `ms` milliseconds."""
    done = issued if succeeded is None else succeeded
    histogram = Histogram()
    for _ in range(done):
        histogram.record(int(ms * 1e6))
    taken = histogram.distribution()
    return Part(
        index=index,
        process=index,
        ended=1.0,
        peak_concurrent=10,
        counts=Counts(issued=issued, succeeded=done),
        distributions=Distributions(acquire=taken, query=taken, operation=taken),
        pool=PoolRecord(max_size=12, peak=PoolPeak(open=10, used=10)),
    )


def stored(index: int, *parts: Part) -> bytes:
    """The parts of one pod as they are stored."""
    identity = PodIdentity("uid-1", index, f"pod-{index}", "pod", 0)
    return packed(encode_metrics(encode(parts, identity, final=True)).SerializeToString())


def evidence(*parts: Part, spec: str = "", **status: Any) -> Evidence:
    """A run of three runners and 300 operations whose load ended."""
    text = (
        "apiVersion: purreal.dev/v1alpha1\nkind: PoolLoadTest\nmetadata: {name: shop}\nspec:\n"
        "  load: {closed: {workers: 30}, stop: {operations: 300}}\n"
        f"  runners: {{replicas: 3}}\n{spec}"
    )
    known = {
        "run": 1,
        "phase": Phase.COLLECTING,
        "starts_at": moment(BEGUN + 5),
        "started_at": moment(BEGUN),
        "ending": Reason.LOAD_ENDED,
        "runners": RunnersStatus(expected=3, ready=3, start_skew_microseconds=5_000),
        "target": TargetStatus(version="surrealdb-3.3.5"),
        "phases": (
            PhaseBegin(phase=Phase.PREPARING, since=moment(BEGUN)),
            PhaseBegin(phase=Phase.STARTING, since=moment(BEGUN + 3)),
            PhaseBegin(phase=Phase.RUNNING, since=moment(BEGUN + 5)),
        ),
    }
    return Evidence(
        namespace="ns",
        document=parse_document(text, "test"),
        status=PoolLoadTestStatus(**(known | status)),
        parts=StoredParts(parts),
        endpoint="ws://db:8000",
        trace_id="ab" * 16,
    )


class Make:
    """The functions above, for tests."""

    begun = BEGUN
    part = staticmethod(part)
    stored = staticmethod(stored)
    evidence = staticmethod(evidence)


@pytest.fixture
def make() -> type[Make]:
    return Make


@pytest.fixture
def three_parts() -> Callable[..., tuple[Part, ...]]:
    """A part for each of three runners."""
    return lambda **changes: tuple(part(index, **changes) for index in range(3))
