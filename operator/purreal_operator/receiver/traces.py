"""Owns the sampled spans of one run; knows no wire and asks nobody."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from purreal_runner.measure.data import Data

MOST_SPANS: Final = 20_000
SLOWEST: Final = 10
MOST_SPANS_OF_A_TRACE: Final = 200


@dataclass(frozen=True, slots=True)
class Span:
    """One span of the run's trace.

    Attributes:
        runner: index of the runner that sent it; None: the database did.
        span_id: eight bytes, as `parent`; `parent` may be empty.
        start_ns: nanoseconds since 1970 by the sender's clock, as `end_ns`.
    """

    name: str
    runner: int | None
    span_id: bytes
    parent: bytes
    start_ns: int
    end_ns: int

    @property
    def nanoseconds(self) -> int:
        """How long it took."""
        return self.end_ns - self.start_ns


class TraceSpan(Data):
    """One line of a trace.

    `start_seconds` counts from the start of the operation; the database's spans are timed by its
    own clock, so they may seem to start before what caused them. `depth` is 0 for the operation.
    """

    name: str
    source: int | Literal["database"]
    depth: int
    start_seconds: float
    seconds: float
    span_id: str
    parent_span_id: str


class Trace(Data):
    """One sampled operation with everything under it, in order: a parent before its children.

    `runner` is the index of the one that did it; `left_out` counts spans beyond the 200 shown.
    """

    trace_id: str
    name: str
    runner: int
    seconds: float
    spans: tuple[TraceSpan, ...]
    left_out: int = 0


class SpanStore:
    """Keeps up to 20,000 spans: of the slowest operations all, of the others the newest.

    Attributes:
        version: changes whenever the spans do.
    """

    def __init__(self, root: bytes, most: int = MOST_SPANS) -> None:
        self.version = 0
        self._root = root
        self._most = most
        self._spans: dict[bytes, Span] = {}

    def add(self, spans: Iterable[Span]) -> None:
        """Keep these; one that comes again counts once."""
        for span in spans:
            self._spans[span.span_id] = span
            self.version += 1
        if len(self._spans) > self._most:
            self._trim()

    def _trim(self) -> None:
        spans = self.spans()
        children = _children(spans)
        slowest: dict[bytes, Span] = {}
        for operation in _slowest(spans, self._root):
            tree = (span for span, _ in _tree(operation, children))
            for span, _ in zip(tree, range(MOST_SPANS_OF_A_TRACE), strict=False):
                slowest[span.span_id] = span
        newest = spans[-(self._most * 3 // 4) :]
        self._spans = slowest | {span.span_id: span for span in newest}

    def spans(self) -> tuple[Span, ...]:
        """All that are kept, in the order in which they came."""
        return tuple(self._spans.values())


def traces(spans: Sequence[Span], root: bytes, trace_id: str) -> tuple[Trace, ...]:
    """The slowest operations, the slowest first.

    Args:
        root: id of the run's root span, which operations have as their parent.
        trace_id: of the run, as hexadecimal digits.
    """
    children = _children(spans)
    return tuple(_trace(span, children, trace_id) for span in _slowest(spans, root))


def _slowest(spans: Iterable[Span], root: bytes) -> list[Span]:
    operations = (span for span in spans if span.runner is not None and span.parent == root)
    return heapq.nlargest(SLOWEST, operations, key=lambda span: span.nanoseconds)


def _children(spans: Iterable[Span]) -> Mapping[bytes, list[Span]]:
    children: defaultdict[bytes, list[Span]] = defaultdict(list)
    for span in spans:
        children[span.parent].append(span)
    return children


def _tree(operation: Span, children: Mapping[bytes, list[Span]]) -> Iterator[tuple[Span, int]]:
    """Each span under the operation with its depth, once, whatever ids the senders made up."""
    seen: set[bytes] = set()
    stack = [(operation, 0)]
    while stack:
        span, depth = stack.pop()
        if span.span_id in seen:
            continue
        seen.add(span.span_id)
        yield span, depth
        below = sorted(children.get(span.span_id, ()), key=lambda each: each.start_ns)
        stack.extend((each, depth + 1) for each in reversed(below))


def _trace(operation: Span, children: Mapping[bytes, list[Span]], trace_id: str) -> Trace:
    tree = list(_tree(operation, children))
    return Trace(
        trace_id=trace_id,
        name=operation.name,
        runner=operation.runner or 0,
        seconds=operation.nanoseconds / 1e9,
        spans=tuple(_line(*each, operation) for each in tree[:MOST_SPANS_OF_A_TRACE]),
        left_out=max(0, len(tree) - MOST_SPANS_OF_A_TRACE),
    )


def _line(span: Span, depth: int, operation: Span) -> TraceSpan:
    return TraceSpan(
        name=span.name,
        source="database" if span.runner is None else span.runner,
        depth=depth,
        start_seconds=(span.start_ns - operation.start_ns) / 1e9,
        seconds=span.nanoseconds / 1e9,
        span_id=span.span_id.hex(),
        parent_span_id=span.parent.hex(),
    )
