"""Which operations leave spans behind, and what the spans tell."""

import asyncio
from typing import Any

import pytest

from purreal_runner.measure import Recorder, current_operation
from purreal_runner.measure.operation import trace_context
from purreal_runner.measure.sampled import SampledOperation, SampledSpan

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def traced(recorder: Recorder) -> Recorder:
    recorder.trace(TRACE)
    return recorder


def operations(spans: tuple[SampledSpan, ...]) -> list[SampledSpan]:
    return [span for span in spans if span.parent_id is None]


def test_nothing_is_sampled_without_a_trace(recorder: Recorder) -> None:
    operation = recorder.begin()
    operation.succeeded()

    assert operation.trace_context() is None
    assert recorder.take_spans() == recorder.slowest_spans() == ()


def test_five_operations_a_second_are_sampled_by_time(traced: Recorder, clock: Any) -> None:
    for _ in range(1_000):  # one each millisecond
        traced.begin().succeeded()
        clock.pass_ms(1)

    assert len(operations(traced.take_spans())) == 5


def test_an_operation_has_its_wait_and_its_requests_as_children(
    traced: Recorder, clock: Any, exchange: Any, query_reply: Any
) -> None:
    operation = traced.begin()
    clock.pass_ms(5)
    operation.acquired()
    context = operation.trace_context()
    clock.pass_ms(10)
    operation.exchange(
        exchange(seconds=0.010, reply=query_reply("3ms", "1ms"), trace_context=context)
    )
    clock.pass_ms(1)
    operation.succeeded()

    whole, acquire, query = traced.take_spans()
    assert context == f"00-{TRACE}-{query.span_id:016x}-01"
    assert [each.name for each in (whole, acquire, query)] == ["operation", "acquire", "query"]
    assert acquire.parent_id == query.parent_id == whole.span_id
    assert len({whole.span_id, acquire.span_id, query.span_id}) == 3
    began = whole.start_unix_ns
    times = [(s.start_unix_ns - began, s.end_unix_ns - began) for s in (whole, acquire, query)]
    assert times == [(0, 16_000_000), (0, 5_000_000), (5_000_000, 15_000_000)]
    assert whole.attributes == {"purreal.pool.index": 0, "purreal.outcome": "succeeded"}
    assert query.attributes["purreal.database_time"] == 0.004
    assert (whole.error, acquire.error, query.error) == (None, None, None)


def test_requests_side_by_side_keep_their_own_spans(
    traced: Recorder, clock: Any, exchange: Any
) -> None:
    operation = traced.begin()
    operation.acquired()
    first, second = operation.trace_context(), operation.trace_context()
    clock.pass_ms(2)
    operation.exchange(exchange(seconds=0.001, trace_context=second))
    operation.exchange(exchange(seconds=0.002, trace_context=first))
    operation.succeeded()

    quick, slow = traced.take_spans()[2:]
    assert f"00-{TRACE}-{quick.span_id:016x}-01" == second
    assert slow.end_unix_ns - slow.start_unix_ns == 2_000_000


@pytest.mark.parametrize(
    ("error", "outcome", "name"),
    [
        (ValueError("my secret"), "failed", "ValueError"),
        (TimeoutError("my secret"), "timed_out", "TimeoutError"),
        (asyncio.CancelledError(), "cancelled", "CancelledError"),
    ],
)
def test_a_span_tells_the_type_of_an_error_and_never_its_message(
    traced: Recorder, clock: Any, error: BaseException, outcome: str, name: str
) -> None:
    operation = traced.begin()
    clock.pass_ms(3)
    operation.end(error)

    whole, acquire = traced.take_spans()
    assert (whole.attributes["purreal.outcome"], whole.error) == (outcome, name)
    assert (acquire.error, acquire.end_unix_ns) == (name, whole.end_unix_ns)
    assert "secret" not in whole.to_json()
    assert getattr(traced.part().counts, outcome) == 1


def test_a_second_end_leaves_no_second_trace(traced: Recorder) -> None:
    operation = traced.begin()
    operation.succeeded()
    operation.cancel()

    assert len(operations(traced.take_spans())) == 1
    assert operation.trace_context() is None


def test_spans_are_taken_once_and_the_slowest_stay(traced: Recorder, clock: Any) -> None:
    for milliseconds in range(1, 101):
        operation = traced.begin()
        clock.pass_ms(milliseconds)
        operation.succeeded()
        clock.pass_ms(1_000)

    assert len(operations(traced.take_spans())) == 100
    assert traced.take_spans() == ()
    kept = [
        (span.end_unix_ns - span.start_unix_ns) // 1_000_000
        for span in operations(traced.slowest_spans())
    ]
    assert kept == list(range(100, 80, -1))


def test_what_nobody_takes_is_bounded(traced: Recorder, clock: Any, exchange: Any) -> None:
    for _ in range(1_000):
        operation = traced.begin()
        for _ in range(100):
            operation.exchange(exchange(trace_context=operation.trace_context()))
        operation.succeeded()
        clock.pass_ms(200)

    spans = traced.take_spans()
    assert len(operations(spans)) == 200
    assert len(spans) == 200 * 32


def test_an_operation_without_a_sample_is_an_ordinary_one(traced: Recorder) -> None:
    first, second = traced.begin(), traced.begin()

    assert isinstance(first, SampledOperation)
    assert not isinstance(second, SampledOperation)
    assert second.trace_context() is None


async def test_the_pool_asks_the_operation_of_the_running_task(traced: Recorder) -> None:
    async def one() -> str | None:
        current_operation.set(traced.begin())
        return trace_context()

    sampled, other = await asyncio.create_task(one()), await asyncio.create_task(one())

    assert sampled is not None
    assert sampled.startswith(f"00-{TRACE}-")
    assert (other, trace_context()) == (None, None)


def test_a_snapshot_of_a_running_load_agrees_with_itself_and_ends_nothing(
    recorder: Recorder, clock: Any, gauges: Any
) -> None:
    recorder.watch(lambda: gauges(open=4, leased=2))
    recorder.start()
    under_way = [recorder.begin() for _ in range(3)]
    recorder.sample(gauges(open=4))
    under_way[0].succeeded()
    clock.pass_ms(500)

    early = recorder.snapshot()
    under_way[1].fail(ValueError())
    late = recorder.snapshot()

    assert (early.counts.issued, early.counts.in_flight, early.ended) == (3, 2, 0.5)
    assert early.distributions.operation.count == early.counts.succeeded == 1
    assert (late.counts.failed, late.counts.in_flight) == (1, 1)
    assert early.pool.final["leased"] == 2
    assert early.series.points == ()
    assert len(recorder.part().series.points) == 1
