"""Whether all sums of a run agree: within each part, with the plan, and over all; judges nothing.

A single lost or doubled operation is found here, whatever lost or doubled it.
"""

from collections.abc import Iterator, Sequence

from purreal_runner.load.split import split
from purreal_runner.measure.merge import Merged
from purreal_runner.measure.part import Part

_MOST = 8


def disagreements(
    parts: Sequence[Part],
    merged: Merged | None,
    *,
    pools: int,
    reported: frozenset[int],
    operations: int | None,
) -> tuple[str, ...]:
    """What does not add up, in words; empty when everything does.

    Args:
        parts: of all pools that reported.
        merged: the same parts, merged.
        pools: how many the run was planned with.
        reported: indexes of the pools whose runner reported.
        operations: planned in all; None when the load ended by time, or before its end.
    """
    found = list(_of_parts(parts, pools, reported, operations))
    if merged is not None:
        found += _of_totals(parts, merged)
    return tuple(found[:_MOST])


def _of_parts(
    parts: Sequence[Part], pools: int, reported: frozenset[int], operations: int | None
) -> Iterator[str]:
    planned = split(operations, pools) if operations is not None else None
    missing = reported - {part.index for part in parts}
    if missing:
        yield f"pool {min(missing)} is missing in what its runner reported"
    for part in parts:
        yield from (f"pool {part.index}: {words}" for words in _of_part(part))
        if planned is not None and part.counts.issued != planned[part.index]:
            yield (
                f"pool {part.index} issued {part.counts.issued:,} operations, "
                f"but its share is {planned[part.index]:,}"
            )


def _of_part(part: Part) -> Iterator[str]:
    counts, durations = part.counts, part.distributions
    if counts.in_flight:
        yield f"{counts.issued:,} operations were issued, but {counts.finished:,} ended"
    if durations.operation.count != counts.succeeded:
        yield (
            f"{counts.succeeded:,} operations succeeded, but {durations.operation.count:,} "
            "durations were recorded"
        )
    errors = sum(error.count for error in part.errors)
    if errors != counts.failed + counts.timed_out:
        yield f"{counts.failed + counts.timed_out:,} operations failed, but {errors:,} errors"


def _of_totals(parts: Sequence[Part], merged: Merged) -> Iterator[str]:
    for name in type(merged.counts).model_fields:
        total = sum(getattr(part.counts, name) for part in parts)
        if getattr(merged.counts, name) != total:
            yield f"{name}: {getattr(merged.counts, name):,} in all, but the parts have {total:,}"
