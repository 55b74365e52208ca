"""Which spans are kept, and how the slowest operations are shown."""

from purreal_operator.receiver.reported import slow_operations
from purreal_operator.receiver.traces import MOST_SPANS_OF_A_TRACE, SLOWEST, Span, SpanStore, traces

ROOT = bytes(7) + b"R"


def span(number, parent=ROOT, start=0, ns=100, *, runner=0, name="operation"):
    if isinstance(parent, int):
        parent = parent.to_bytes(8)
    return Span(name, runner, number.to_bytes(8), parent, start, start + ns)


def test_an_operation_is_shown_with_what_is_below_it_in_order():
    spans = [
        span(5, 4, 1_500, 500, runner=None, name="executor"),
        span(3, 1, 1_000, 2_000, name="query"),
        span(2, 1, 0, 900, name="acquire"),
        span(1, start=0, ns=4_000_000_000, runner=2),
        span(4, 3, 1_200, 1_000, runner=None, name="rpc.execute"),
        span(9, 8, 0, 10_000, runner=None, name="of another operation"),
    ]
    [trace] = traces(spans, ROOT, "ab" * 16)
    assert [(line.name, line.depth, line.source) for line in trace.spans] == [
        ("operation", 0, 2),
        ("acquire", 1, 0),
        ("query", 1, 0),
        ("rpc.execute", 2, "database"),
        ("executor", 3, "database"),
    ]
    assert (trace.seconds, trace.runner, trace.left_out) == (4.0, 2, 0)
    assert trace.spans[2].start_seconds == 1e-6
    assert trace.spans[2].parent_span_id == trace.spans[0].span_id
    [shown] = slow_operations([trace])
    assert shown.spans[0].source == "runner 2"
    assert shown.span_id == trace.spans[0].span_id


def test_the_slowest_come_first_and_only_the_slowest():
    spans = [span(number, ns=number * 1000) for number in range(1, 51)]
    shown = traces(spans, ROOT, "")
    assert [trace.seconds for trace in shown] == [n / 1e6 for n in range(50, 50 - SLOWEST, -1)]


def test_the_database_starts_no_operation():
    assert not traces([span(1, runner=None)], ROOT, "")


def test_spans_that_are_their_own_ancestors_are_shown_once():
    spans = [span(1), span(2, 3), span(3, 2), span(4, 1), span(1, 4)]
    [trace] = traces([spans[0], spans[3], spans[4]], ROOT, "")
    assert len(trace.spans) == 2
    assert len(traces(spans, ROOT, "")[0].spans) == 2


def test_an_operation_with_too_many_spans_says_how_many_are_left_out():
    spans = [span(1), *(span(number, 1) for number in range(2, 502))]
    [trace] = traces(spans, ROOT, "")
    assert len(trace.spans) == MOST_SPANS_OF_A_TRACE
    assert trace.left_out == 501 - MOST_SPANS_OF_A_TRACE


def test_a_full_store_keeps_the_slowest_operations_and_the_newest_spans():
    store = SpanStore(ROOT, most=100)
    store.add([span(1, ns=10**9), span(2, 1, name="query")])
    for number in range(3, 500):
        store.add([span(number)])
        assert len(store.spans()) <= 100 + SLOWEST * MOST_SPANS_OF_A_TRACE
    kept = {int.from_bytes(each.span_id) for each in store.spans()}
    assert {1, 2, 499} <= kept
    assert len(kept) <= 100


def test_a_span_that_is_sent_twice_counts_once():
    store = SpanStore(ROOT)
    store.add([span(1), span(1)])
    assert len(store.spans()) == 1
