"""The receiver's own counters, as Prometheus reads them; counts nothing itself."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from purreal_operator.receiver.plan import Stored
from purreal_operator.receiver.refusals import Reason

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Counter:
    """One metric, and the receiver's counter behind each of its combinations of labels."""

    name: str
    help: str
    labels: tuple[str, ...]
    keys: Mapping[tuple[str, ...], _Key]


_COUNTERS: Final = (
    _Counter(
        "purreal_operator_otlp_requests_accepted",
        "Requests with metrics or traces that were taken: HTTP of runners, gRPC of databases.",
        ("source", "signal"),
        {
            ("runner", "metrics"): ("accepted", "metrics"),
            ("runner", "traces"): ("accepted", "traces"),
            ("database", "metrics"): ("accepted", "database metrics"),
            ("database", "traces"): ("accepted", "database traces"),
        },
    ),
    _Counter(
        "purreal_operator_coordination_requests",
        "Questions of runners that were answered.",
        (),
        {(): ("questions", "")},
    ),
    _Counter(
        "purreal_operator_requests_refused",
        "Telemetry and questions that were refused; NotReady is everyday, and tried again.",
        ("protocol", "reason"),
        {
            (protocol, reason.value): (f"refused_{protocol}", reason.value)
            for protocol in ("http", "grpc")
            for reason in Reason
        },
    ),
    _Counter(
        "purreal_operator_part_stores",
        "Final results of runners that were to be stored, by what became of them.",
        ("outcome",),
        {
            (outcome,): ("finals", outcome)
            for outcome in (*(each.value for each in Stored), "failed", "never")
        },
    ),
    _Counter(
        "purreal_operator_telemetry_forwarded",
        "Requests that were passed on to collectors that tests name.",
        (),
        {(): ("forwarded", "")},
    ),
    _Counter(
        "purreal_operator_telemetry_dropped",
        "Requests that such a collector did not take, by why.",
        ("reason",),
        {(reason,): ("forward_dropped", reason) for reason in ("full", "refused", "failed")},
    ),
    _Counter(
        "purreal_operator_connections_closed",
        "Connections to the HTTP port without a whole request: too many, silent, hung up.",
        ("reason",),
        {
            ("too_many",): ("connections_refused", ""),
            ("silent",): ("connections_silent", ""),
            ("hung_up",): ("hung_up", ""),
        },
    ),
)


class ReceiverCounters(Collector):
    """Shows the counters; those that never counted are 0.

    Args:
        counters: at this moment, as (name, label) -> count; may be called from any thread.
    """

    def __init__(self, counters: Callable[[], Mapping[_Key, int]]) -> None:
        self._counters = counters

    def collect(self) -> Iterator[Metric]:
        """Yield the counters; from any thread."""
        now = self._counters()
        for counter in _COUNTERS:
            family = CounterMetricFamily(counter.name, counter.help, labels=counter.labels)
            for labels, key in counter.keys.items():
                family.add_metric(labels, now.get(key, 0))
            yield family
