"""Stored parts, as bytes and as what they hold; stores nothing itself."""

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from purreal_runner.measure.part import Part
from purreal_runner.otlp.decode import ReceivedPart, decode
from purreal_runner.otlp.unreadable import UnreadablePart


@dataclass(frozen=True, slots=True)
class StoredParts:
    """What the runners' stored exports hold; `mismatches` says which could not be read, and why."""

    parts: tuple[Part, ...] = ()
    mismatches: tuple[str, ...] = ()


def packed(export: bytes) -> bytes:
    """A runner's export as it is stored; equal exports give equal bytes."""
    return gzip.compress(export, mtime=0)


def unpacked(stored: Mapping[int, bytes], *, processes: int) -> StoredParts:
    """Read what is stored; a runner's ConfigMap with pools of another one counts as unreadable.

    Args:
        stored: the bytes by the index of the runner.
        processes: how many each runner has, with one pool each.
    """
    parts: list[Part] = []
    mismatches: list[str] = []
    for index, content in sorted(stored.items()):
        try:
            request = ExportMetricsServiceRequest.FromString(gzip.decompress(content))
            received = decode(request, processes=processes)
            _require_runner(received, index)
            parts.extend(each.part for each in received)
        except (OSError, EOFError, zlib.error, DecodeError, UnreadablePart) as error:
            mismatches.append(f"runner {index}: {error}")
    return StoredParts(tuple(parts), tuple(mismatches))


def _require_runner(received: tuple[ReceivedPart, ...], index: int) -> None:
    if received[0].runner_index != index:
        raise UnreadablePart(f"it holds the result of runner {received[0].runner_index}")
