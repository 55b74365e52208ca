"""What the receiver counts reaches Prometheus: each counter of its own, none by a wrong name."""

import threading
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from purreal_operator.metrics.operator_metrics import OperatorMetrics
from purreal_operator.probe import probe_endpoint
from purreal_operator.receiver.stats import Stats
from purreal_runner.pod.coordination import RunnerState
from tests.receiver.sending import metrics, pods_parts, says


def samples(page: bytes) -> dict[tuple[str, ...], float]:
    """The samples that are not 0, by name and values of labels in the order of their names."""
    families = text_string_to_metric_families(page.decode())
    found = (sample for family in families for sample in family.samples)
    return {
        (each.name, *(each.labels[label] for label in sorted(each.labels))): each.value
        for each in found
        if each.value
    }


@pytest.fixture
def page(bench):
    """Reads the metrics of an operator with that receiver."""
    operator = OperatorMetrics(bench.receiver.stats)
    return lambda: samples(operator.text())


async def test_what_is_taken_is_counted_by_who_sent_it(bench, page):
    await bench.send(metrics(pods_parts()))
    await bench.ask(says(RunnerState.READY))

    found = page()

    assert found["purreal_operator_otlp_requests_accepted_total", "metrics", "runner"] == 1
    assert found["purreal_operator_coordination_requests_total",] == 1


async def test_what_is_refused_is_counted_by_protocol_and_reason(bench, page):
    await bench.send(b"no protobuf")
    await bench.ask(says(RunnerState.READY), token="wrong")

    found = page()

    assert found["purreal_operator_requests_refused_total", "http", "Malformed"] == 1
    assert found["purreal_operator_requests_refused_total", "http", "WrongToken"] == 1


async def test_what_becomes_of_final_results_is_counted(bench, page):
    final = metrics(pods_parts(), final=True)
    bench.store.fails = True
    await bench.send(final)
    bench.store.fails, bench.store.never = False, "too large"
    await bench.send(final)
    bench.store.never = ""
    await bench.send(final)
    await bench.send(final)

    found = page()

    outcomes = ("failed", "never", "stored", "already")
    assert {
        outcome: found["purreal_operator_part_stores_total", outcome] for outcome in outcomes
    } == dict.fromkeys(outcomes, 1)


def test_every_counter_of_the_receiver_is_shown():
    counted = {
        ("accepted", "database traces"),
        ("connections_refused", ""),
        ("connections_silent", ""),
        ("finals", "other"),
        ("forward_dropped", "failed"),
        ("forward_dropped", "full"),
        ("forward_dropped", "refused"),
        ("forwarded", ""),
        ("hung_up", ""),
        ("questions", ""),
        ("refused_grpc", "WrongToken"),
    }
    stats = Stats()
    for amount, (name, label) in enumerate(sorted(counted), start=1):
        stats.count(name, label, 1000 + amount)

    found = samples(OperatorMetrics(stats.snapshot).text())

    shown = {value for name, value in found.items() if name[0].startswith("purreal_operator")}
    assert shown >= {1000.0 + amount for amount in range(1, len(counted) + 1)}


def test_metrics_are_read_while_other_threads_count():
    stats = Stats()
    operator = OperatorMetrics(stats.snapshot)
    ended = threading.Event()

    def count() -> None:
        while not ended.is_set():
            stats.count("questions")
            operator.event_heard()

    counting = threading.Thread(target=count)
    counting.start()
    try:
        with probe_endpoint(0, {}, operator.text) as port:
            read = [_read(port) for _ in range(20)]
    finally:
        ended.set()
        counting.join()

    counts = [samples(page)["purreal_operator_watch_events_total",] for page in read]
    assert counts == sorted(counts)


def _read(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        page: bytes = answer.read()
        return page
