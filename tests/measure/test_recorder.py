"""Owns the proof that operations are accounted for exactly and their time is split rightly."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from surrealdb.errors import ServerError

import purreal
from purreal_runner.measure import Operation, Recorder, current_operation, observe
from purreal_runner.measure.errors import ErrorKind, error_kind, example_of
from purreal_runner.measure.part import Counts, Part

ENDINGS: dict[str, Callable[[Operation], None]] = {
    "succeeded": lambda operation: operation.succeeded(),
    "failed": lambda operation: operation.fail(ValueError("broken")),
    "timed_out": lambda operation: operation.time_out(TimeoutError("late")),
    "cancelled": lambda operation: operation.cancel(),
}


@given(st.lists(st.sampled_from([*ENDINGS, "in flight"])))
def test_issued_is_the_sum_of_all_endings_and_those_in_flight(fates: list[str]) -> None:
    recorder = Recorder()

    for fate in fates:
        operation = recorder.begin()
        ENDINGS.get(fate, lambda _: None)(operation)

    counts = recorder.part().counts
    assert counts.issued == len(fates)
    assert counts.issued == counts.finished + counts.in_flight
    for fate in ENDINGS:
        assert getattr(counts, fate) == fates.count(fate)
    assert counts.in_flight == fates.count("in flight")


@pytest.mark.parametrize("second", ENDINGS.values(), ids=ENDINGS)
@pytest.mark.parametrize("first", ENDINGS.values(), ids=ENDINGS)
def test_a_second_end_of_the_same_operation_changes_nothing(
    recorder: Recorder, first: Callable[[Operation], None], second: Callable[[Operation], None]
) -> None:
    operation = recorder.begin()
    first(operation)
    before = recorder.part()

    second(operation)

    assert recorder.part() == before
    assert recorder.in_flight == 0


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (None, "succeeded"),
        (ValueError(), "failed"),
        (TimeoutError(), "timed_out"),
        (purreal.RequestTimeout(), "timed_out"),
        (asyncio.CancelledError(), "cancelled"),
    ],
)
def test_the_error_tells_how_an_operation_ended(
    recorder: Recorder, error: BaseException | None, ending: str
) -> None:
    recorder.begin().end(error)

    assert getattr(recorder.part().counts, ending) == 1


def test_an_operation_is_split_into_wait_database_and_rest(
    recorder: Recorder, clock: Any, exchange: Any, query_reply: Any
) -> None:
    operation = recorder.begin()
    clock.pass_ms(5)
    operation.acquired()
    clock.pass_ms(12)
    operation.exchange(exchange(seconds=0.011, reply=query_reply("3ms", "1.5ms")))
    operation.succeeded()

    part = recorder.part()
    sums = part.distributions
    assert sums.acquire.sum_ns == 5_000_000
    assert sums.query.sum_ns == 11_000_000
    assert sums.operation.sum_ns == 17_000_000
    assert sums.database.sum_ns == 4_500_000
    assert sums.rest.sum_ns == 7_500_000
    [row] = part.breakdown
    assert (row.count, row.acquire_ns, row.database_ns) == (1, 5_000_000, 4_500_000)
    assert row.total_ns == 17_000_000


def test_the_database_s_time_is_that_of_all_requests_until_the_operation_ended(
    recorder: Recorder, exchange: Any, query_reply: Any
) -> None:
    operation = recorder.begin()
    operation.acquired()
    operation.exchange(exchange(seconds=0.001, reply=query_reply("1ms")))
    operation.exchange(exchange(seconds=0.001, reply=query_reply("2ms", "500µs")))
    operation.succeeded()
    operation.exchange(exchange(seconds=0.001, reply=query_reply("7ms")))

    sums = recorder.part().distributions
    assert (sums.database.count, sums.database.sum_ns) == (1, 3_500_000)
    assert sums.query.count == 3


def test_an_operation_that_began_in_the_warm_up_is_dropped_however_late_it_ends(
    recorder: Recorder, clock: Any, exchange: Any, query_reply: Any
) -> None:
    early, late = recorder.begin(), recorder.begin()
    early.fail(ValueError())
    recorder.start()
    clock.pass_ms(3)
    late.acquired()
    late.exchange(exchange(seconds=0.1, reply=query_reply("1ms")))
    late.succeeded()
    recorder.begin().succeeded()

    part = recorder.part()
    assert part.counts.issued == part.counts.succeeded == 1
    assert part.errors == ()
    assert part.distributions.acquire.count == part.distributions.query.count == 0


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_no_ending_of_a_warm_up_operation_counts(
    recorder: Recorder, ending: Callable[[Operation], None]
) -> None:
    operation = recorder.begin()
    recorder.start()
    ending(operation)

    assert recorder.part().counts == Counts()


def test_operations_still_running_from_the_warm_up_count_as_concurrent(
    recorder: Recorder,
) -> None:
    still_running = [recorder.begin() for _ in range(3)]
    recorder.start()
    for operation in still_running:
        operation.succeeded()
    recorder.begin().succeeded()

    assert recorder.part().peak_concurrent == 3


@pytest.mark.parametrize("error", [purreal.AcquireTimeout("no lease"), TimeoutError("overdue")])
def test_a_wait_that_timed_out_counts_among_the_waits(
    recorder: Recorder, clock: Any, error: TimeoutError
) -> None:
    operation = recorder.begin()
    clock.pass_ms(30_000)
    operation.end(error)

    assert recorder.part().distributions.acquire.max_seconds == 30.0


def test_an_operation_that_times_out_with_its_lease_adds_no_wait(
    recorder: Recorder, clock: Any
) -> None:
    operation = recorder.begin()
    clock.pass_ms(1)
    operation.acquired()
    clock.pass_ms(30_000)
    operation.time_out(purreal.AcquireTimeout("of a nested acquire"))

    assert recorder.part().distributions.acquire.max_seconds == 0.001


def test_a_request_that_was_lost_has_no_duration_and_one_that_timed_out_has(
    recorder: Recorder, exchange: Any
) -> None:
    operation = recorder.begin()
    lost = purreal.ConnectionLost("gone")
    operation.exchange(exchange(seconds=0.5, reply=None, error=lost))
    operation.exchange(exchange(seconds=60.0, reply=None, error=purreal.RequestTimeout()))

    query = recorder.part().distributions.query
    assert (query.count, query.max_seconds) == (1, 60.0)


@pytest.mark.parametrize(
    ("end", "requests"), [(TimeoutError("overdue"), 1), (asyncio.CancelledError(), 0)]
)
def test_a_request_that_was_given_up_counts_if_its_operation_timed_out(
    recorder: Recorder, exchange: Any, end: BaseException, requests: int
) -> None:
    operation = recorder.begin()
    operation.acquired()
    operation.exchange(exchange(seconds=40.0, reply=None, error=asyncio.CancelledError()))
    operation.end(end)

    assert recorder.part().distributions.query.count == requests


@pytest.mark.parametrize(
    ("method", "reply"),
    [
        ("select", {"result": [{"status": "OK", "time": "5ms"}]}),
        ("query", {"error": {"code": -32000, "message": "no"}}),
        ("query", {"result": None}),
        ("query", {"result": ["text", 7, None]}),
        ("query", {"result": [{"status": "OK"}, {"time": 7}, {"time": "soon"}]}),
        ("query", {"result": [{"time": "1e999ms"}]}),
    ],
)
def test_a_reply_without_statement_times_counts_as_no_database_time(
    recorder: Recorder, exchange: Any, method: str, reply: dict[str, Any]
) -> None:
    operation = recorder.begin()
    operation.exchange(exchange(method=method, seconds=0.001, reply=reply))
    operation.succeeded()

    distributions = recorder.part().distributions
    assert distributions.database.sum_ns == 0
    assert distributions.query.count == 1


def test_what_can_not_be_read_of_a_reply_hides_nothing_else_in_it(
    recorder: Recorder, exchange: Any
) -> None:
    statements = [{"status": "OK", "time": 7}, None, {"status": "OK", "time": "1ms"}]
    operation = recorder.begin()
    operation.exchange(exchange(seconds=0.001, reply={"result": statements}))
    operation.succeeded()

    assert recorder.part().distributions.database.sum_ns == 1_000_000


def test_requests_side_by_side_leave_no_negative_rest(
    recorder: Recorder, clock: Any, exchange: Any, query_reply: Any
) -> None:
    operation = recorder.begin()
    operation.acquired()
    for _ in range(3):
        operation.exchange(exchange(seconds=0.004, reply=query_reply("4ms")))
    clock.pass_ms(5)
    operation.succeeded()

    assert recorder.part().distributions.rest.min_seconds == 0.0


def test_errors_are_counted_by_kind_and_type_with_the_first_message(recorder: Recorder) -> None:
    recorder.begin().fail(ValueError("first"))
    recorder.begin().fail(ValueError("second"))
    recorder.begin().time_out(purreal.AcquireTimeout("no lease"))

    found = {(e.kind, e.type): (e.count, e.example) for e in recorder.part().errors}
    assert found == {
        (ErrorKind.APPLICATION, "ValueError"): (2, "first"),
        (ErrorKind.POOL, "AcquireTimeout"): (1, "no lease"),
    }


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ServerError("already exists", "already exists"), ErrorKind.APPLICATION),
        (AssertionError(), ErrorKind.APPLICATION),
        (TimeoutError(), ErrorKind.APPLICATION),
        (purreal.AcquireTimeout(), ErrorKind.POOL),
        (purreal.TooManyWaiters(), ErrorKind.POOL),
        (purreal.NestedAcquireError(), ErrorKind.POOL),
        (purreal.PoolClosed(), ErrorKind.POOL),
        (purreal.LeaseError(), ErrorKind.POOL),
        (purreal.ConfigurationError(), ErrorKind.POOL),
        (purreal.Unreachable("x"), ErrorKind.CONNECTION),
        (purreal.AuthenticationFailed("x"), ErrorKind.CONNECTION),
        (purreal.ConnectionLost(), ErrorKind.CONNECTION),
        (purreal.RequestTimeout(), ErrorKind.CONNECTION),
        (purreal.UnreadableReply(), ErrorKind.CONNECTION),
        (ConnectionResetError(), ErrorKind.CONNECTION),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_an_error_is_of_the_kind_of_its_class(error: Exception, kind: ErrorKind) -> None:
    assert error_kind(error) is kind


def test_an_example_is_one_readable_line() -> None:
    assert example_of(ValueError("two\n lines")) == "two lines"
    assert example_of(ValueError()) == "ValueError"
    assert len(example_of(ValueError("x" * 10_000))) == 300


def test_errors_of_very_many_types_are_counted_and_do_not_fill_the_report(
    recorder: Recorder,
) -> None:
    for number in range(1_000):
        recorder.begin().fail(type(f"Error{number}" + "x" * 500, (Exception,), {})("no"))

    errors = recorder.part().errors
    assert sum(error.count for error in errors) == 1_000
    assert len(errors) == 201
    assert errors[0].type == "other types"
    assert max(len(error.type) for error in errors) == 100


class Unreadable(Exception):
    def __str__(self) -> str:
        raise KeyError("no message")


def test_an_error_that_cannot_be_read_is_still_counted(recorder: Recorder) -> None:
    recorder.begin().fail(Unreadable())

    [error] = recorder.part().errors
    assert (error.count, error.type) == (1, "Unreadable")
    assert error.example == "a Unreadable whose message can't be read (KeyError)"


def test_an_example_can_neither_steer_the_terminal_nor_break_the_report(
    recorder: Recorder,
) -> None:
    recorder.begin().fail(type("Bad\x1b", (Exception,), {})("\x1b[2Jred\x07 \udc80 é"))

    part = recorder.part()
    [error] = part.errors
    assert (error.type, error.example) == ("Bad\ufffd", "\ufffd[2Jred\ufffd \ufffd é")
    assert Part.model_validate_json(part.to_json()) == part


def test_the_pool_is_read_at_the_moment_when_more_leases_than_ever_are_held(
    recorder: Recorder, gauges: Any
) -> None:
    readings = iter([gauges(open=5), gauges(open=5, leased=1), gauges(open=6, leased=2)])
    recorder.watch(lambda: next(readings))
    recorder.start()
    first = recorder.begin()
    first.acquired()
    recorder.begin().acquired()
    first.succeeded()
    recorder.begin().acquired()  # two are held again: nothing new, so the pool is not read

    pool = recorder.part().pool
    assert (pool.before_load.open, pool.peak.open, pool.peak.used, pool.peak.free) == (5, 6, 2, 4)


def test_a_sample_with_as_many_lent_and_more_open_is_the_better_peak(
    recorder: Recorder, gauges: Any
) -> None:
    recorder.sample(gauges(open=500, leased=500, max_size=600, waiting=3, peak_waiting=3))
    recorder.sample(gauges(open=543, leased=500, max_size=600, peak_waiting=3))
    recorder.sample(gauges(open=560, leased=400, max_size=600, peak_waiting=3))

    pool = recorder.part().pool
    assert (pool.peak.open, pool.peak.used, pool.peak.free) == (543, 500, 43)
    assert (pool.max_size, pool.peak_waiting) == (600, 3)


def test_samples_tell_what_ended_since_the_sample_before(
    recorder: Recorder, clock: Any, gauges: Any
) -> None:
    recorder.begin().succeeded()
    recorder.sample(gauges(), rss_bytes=7, loop_lag_seconds=0.5)
    clock.pass_ms(250)
    recorder.begin().succeeded()
    recorder.begin().succeeded()
    recorder.begin().fail(ValueError())
    recorder.sample(gauges())

    first, second = recorder.part().series.points
    assert (first.completed, first.failed, first.rss_bytes) == (1, 0, 7)
    assert (second.completed, second.failed, second.loop_lag_seconds) == (2, 1, 0.0)


def test_a_run_shorter_than_a_sample_has_a_history_that_accounts_for_all_of_it(
    recorder: Recorder, clock: Any, gauges: Any
) -> None:
    recorder.watch(lambda: gauges(open=5))
    recorder.start()
    for _ in range(7):
        recorder.begin().succeeded()
    clock.pass_ms(100)
    recorder.stop()

    [point] = recorder.part().series.points
    assert (point.completed, point.open) == (7, 5)


def test_leases_that_were_back_before_the_sample_are_in_the_history(
    recorder: Recorder, clock: Any, gauges: Any
) -> None:
    recorder.watch(lambda: gauges(open=5, leased=recorder.held))
    recorder.start()
    for borrowers in (3, 2):
        operations = [recorder.begin() for _ in range(borrowers)]
        for operation in operations:
            operation.acquired()
        for operation in operations:
            operation.succeeded()
        recorder.sample(gauges(open=5))
        clock.pass_ms(250)

    assert [point.used for point in recorder.part().series.points] == [3, 2]


@pytest.mark.parametrize(
    "steps", [(), ((0, 3),), ((100, 5),), ((250, 5), (250, 4)), ((700, 9), (10, 0), (1_000, 7))]
)
def test_the_history_accounts_for_every_operation(
    recorder: Recorder, clock: Any, gauges: Any, steps: tuple[tuple[int, int], ...]
) -> None:
    recorder.watch(gauges)
    recorder.start()
    for milliseconds, operations in steps:
        recorder.sample(gauges(), rss_bytes=50)
        clock.pass_ms(milliseconds)
        for _ in range(operations):
            recorder.begin().succeeded()
    recorder.stop()

    part = recorder.part()
    assert sum(point.completed for point in part.series.points) == part.counts.succeeded
    assert {point.rss_bytes for point in part.series.points} <= {50 if steps else 0}


def test_the_longest_queue_is_found_between_two_samples(recorder: Recorder, gauges: Any) -> None:
    recorder.watch(lambda: gauges(open=5, leased=5, peak_waiting=45, max_size=5))
    operations = [recorder.begin() for _ in range(50)]
    for operation in operations:
        operation.succeeded()
    recorder.stop()

    part = recorder.part()
    assert (part.pool.peak_waiting, part.pool.peak_concurrent) == (45, 50)
    assert [point.waiting for point in part.series.points] == [45]


def test_the_queue_of_the_warm_up_is_not_taken_for_that_of_the_measured_part(
    recorder: Recorder, gauges: Any
) -> None:
    recorder.watch(lambda: gauges(open=5, leased=5, peak_waiting=45, max_size=5))
    recorder.start()
    for _ in range(9):
        operation = recorder.begin()
        operation.acquired()
        operation.succeeded()
    recorder.stop()

    assert recorder.part().pool.peak_waiting == 0


def test_the_interval_is_told_from_the_agreed_start(clock: Any) -> None:
    recorder = Recorder(clock=clock, origin_ns=1_000_000_000)
    clock.pass_ms(1_500)
    recorder.start()
    clock.pass_ms(2_000)
    recorder.stop()
    clock.pass_ms(9_000)

    part = recorder.part()
    assert (part.started, part.ended) == (0.5, 2.5)


def test_the_state_after_the_load_is_kept_with_the_time_since_then(
    recorder: Recorder, clock: Any, gauges: Any
) -> None:
    recorder.stop()
    clock.pass_ms(2_000)
    recorder.sample_after_load(gauges(open=7, leased=1))

    pool = recorder.part().pool
    assert pool.after_load is not None
    assert (pool.after_load.open, pool.after_load.used, pool.settled_seconds) == (7, 1, 2.0)
    assert pool.final == {"open": 7, "leased": 1, "waiting": 0, "peakWaiting": 0, "maxSize": 10}


async def test_an_exchange_reaches_the_operation_of_the_task_that_made_it(
    recorder: Recorder, exchange: Any, query_reply: Any
) -> None:
    async def work(seconds: float) -> None:
        operation = recorder.begin()
        current_operation.set(operation)
        await asyncio.sleep(0)
        observe(exchange(seconds=seconds, reply=query_reply(f"{seconds}s")))
        operation.succeeded()

    await asyncio.gather(work(1.0), work(2.0))

    distributions = recorder.part().distributions
    assert (distributions.database.min_seconds, distributions.database.max_seconds) == (1.0, 2.0)


def test_an_exchange_outside_of_any_operation_is_ignored(exchange: Any) -> None:
    observe(exchange(seconds=1.0))
