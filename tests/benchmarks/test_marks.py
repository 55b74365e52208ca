"""Whether a mark holds is told from the samples, and why not where there are none."""

import pytest

from benchmarks.marks import MARKS, Holds, Mark, judge, written
from benchmarks.results import NotMeasured, Results


@pytest.fixture
def results():
    return Results(machine="a machine", started_at="today", pinned=True, command="make bench")


def judged(results, measure):
    return next(each for each in judge(results) if each.mark.measure == measure)


@pytest.mark.parametrize(
    ("ms", "holds"), [(20, Holds.AIM), (20.1, Holds.MUST), (40, Holds.MUST), (40.1, Holds.NO)]
)
def test_a_mark_that_must_not_be_exceeded(results, ms, holds):
    results.add("import/purreal/ms", ms)

    assert judged(results, "import of purreal, after asyncio").holds is holds


@pytest.mark.parametrize(
    ("ours", "holds"), [(60, Holds.AIM), (59, Holds.MUST), (40, Holds.MUST), (39, Holds.NO)]
)
def test_a_mark_that_must_be_reached(results, ours, holds):
    results.add("instant/pool/operations_per_second", ours)
    results.add("instant/SDK leased/operations_per_second", 10)

    measure = "50 connection leases, instant server: against bare SDK leased"
    assert judged(results, measure).holds is holds


def test_ratios_are_those_of_each_repeat(results):
    # A machine that was busy in the second repeat and idle in the third.
    for ours, theirs in ((10, 5), (2, 1), (100, 50)):
        results.add("s/ours/x", ours)
        results.add("s/theirs/x", theirs)

    assert results.ratio("s/ours/x", "s/theirs/x") == 2


def test_what_is_not_there_says_why(results):
    results.add("instant/500 sessions/operations_per_second", 3)
    results.leave_out("instant/500 sessions", "7 wrong answers")
    results.add("instant/500 sessions/operations_per_second", 3)  # of a later repeat

    mark = judged(
        results,
        "500 session leases over a few sockets, instant server: against 50 connection leases",
    )

    assert (mark.observed, mark.holds, mark.note) == (
        None, Holds.UNKNOWN, "7 wrong answers",
    )  # fmt: skip
    with pytest.raises(NotMeasured, match="not measured"):
        results.median("nobody/knows/this")


def test_rows_below_excellent_are_named(results):
    results.add("guide/warm server/rows_not_excellent", 1)
    results.details["guide/warm server"] = "P95 Acquire Time"

    [row] = [each for each in judge(results) if each.note == "P95 Acquire Time"]

    assert row.holds is Holds.NO


@pytest.mark.parametrize(
    ("queues", "note"),
    [
        ((8, 9), "the plainest queue of such connections, which is no pool, reaches 0.85"),
        ((), "what limits it: not measured"),
    ],
)
def test_a_mark_says_what_a_bare_queue_reaches_where_that_was_measured(results, queues, note):
    for transport in (10, 10):
        results.add("instant/pool/operations_per_second", 7)
        results.add("instant/transport without a pool/operations_per_second", transport)
    for queue in queues:
        results.add("instant/bare queue/operations_per_second", queue)

    measure = "50 connection leases, instant server: against our own transport without a pool"
    mark = judged(results, measure)

    assert (mark.observed, mark.holds, mark.note) == (0.7, Holds.NO, note)


def test_the_mark_of_sessions_says_what_sockets_without_leases_reach(results):
    for client, operations in (("pool", 10), ("500 sessions", 15), ("unleased over 4 sockets", 20)):
        results.add(f"instant/{client}/operations_per_second", operations)

    mark = judged(
        results,
        "500 session leases over a few sockets, instant server: against 50 connection leases",
    )

    assert mark.note == "without a pool, 500 workers on 4 such sockets reach 2"


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark.measure)
def test_an_aim_is_as_strict_as_what_must_be_or_stricter(mark: Mark):
    assert mark.reaches(mark.aim, mark.must)


def test_results_come_back_from_their_json(results):
    results.add("a/b/c", 1.5)
    results.versions["b"] = "1"

    assert Results.from_json(results.to_json()) == results
    with pytest.raises(ValueError, match="schema 99"):
        Results.from_json('{"schema_version": 99}')


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.05, "0.05"), (1.147, "1.15"), (17.54, "17.5"), (100.4, "100"), (8838, "8,838")],
)
def test_numbers_are_written_with_the_digits_that_matter(value, text):
    assert written(value) == text
