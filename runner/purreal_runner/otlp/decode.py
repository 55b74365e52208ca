"""Turns what a runner sent back into parts; trusts nobody, and raises one kind of error only."""

from dataclasses import dataclass

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import ResourceMetrics

from purreal_runner.measure import Part
from purreal_runner.measure.part import PART_VERSION
from purreal_runner.otlp import names
from purreal_runner.otlp.fields import part_of
from purreal_runner.otlp.layout import MOST_PARTS
from purreal_runner.otlp.reading import Readings, attributes_of, text, whole
from purreal_runner.otlp.unreadable import UnreadablePart


@dataclass(frozen=True, slots=True)
class ReceivedPart:
    """A part as it came in, with who says it is his.

    Attributes:
        run_id, runner_index, pod_uid, pod_name: of the sender, in its own words.
        final: these are its results, not how far it is.
        part: without the history, if not final.
    """

    run_id: str
    runner_index: int
    pod_uid: str
    pod_name: str
    final: bool
    part: Part


def decode(
    request: ExportMetricsServiceRequest, *, processes: int | None = None
) -> tuple[ReceivedPart, ...]:
    """The parts of one message, which is of one pod.

    Args:
        request: from anybody.
        processes: how many processes, with one pool each, a runner has; then a pool or process
            that can't be that runner's is refused. None: that is not looked at.

    Raises:
        UnreadablePart: anything is missing, malformed, contradictory or too large. Its text may
            be shown to anybody.
    """
    if not request.resource_metrics or len(request.resource_metrics) > MOST_PARTS:
        raise UnreadablePart(f"it holds no part, or more than {MOST_PARTS}")
    parts = tuple(_received(message) for message in request.resource_metrics)
    _require_one_sender(parts)
    if processes is not None:
        _require_own_pools(parts, processes)
    return parts


def _received(message: ResourceMetrics) -> ReceivedPart:
    resource = attributes_of(message.resource.attributes)
    version = whole(names.PART_VERSION, resource.get(names.PART_VERSION))
    if version != PART_VERSION:
        raise UnreadablePart(f"it is of part version {version}, this program reads {PART_VERSION}")
    final = resource.get(names.PART_FINAL)
    if not isinstance(final, bool):
        raise UnreadablePart(f"{names.PART_FINAL} is missing, or neither true nor false")
    return ReceivedPart(
        run_id=text(resource, names.RUN_ID),
        runner_index=whole(names.RUNNER_INDEX, resource.get(names.RUNNER_INDEX)),
        pod_uid=text(resource, names.SERVICE_INSTANCE_ID),
        pod_name=text(resource, names.POD_NAME),
        final=final,
        part=part_of(
            Readings(message),
            index=whole(names.POOL_INDEX, resource.get(names.POOL_INDEX)),
            process=whole(names.PROCESS, resource.get(names.PROCESS)),
            final=final,
        ),
    )


def _require_one_sender(parts: tuple[ReceivedPart, ...]) -> None:
    senders = {(each.run_id, each.runner_index, each.pod_uid, each.final) for each in parts}
    if len(senders) > 1 or len({each.part.index for each in parts}) < len(parts):
        raise UnreadablePart("its parts are of several pods, or of the same pool")


def _require_own_pools(parts: tuple[ReceivedPart, ...], processes: int) -> None:
    for each in parts:
        own = range(each.runner_index * processes, (each.runner_index + 1) * processes)
        if each.part.index not in own or each.part.process not in own:
            raise UnreadablePart("a pool or process is not one of that runner's")
