"""Moments as the status writes them (RFC 3339, UTC) and as seconds; reads no clock."""

from datetime import UTC, datetime


def moment(epoch_seconds: float) -> str:
    """Write a moment, to the millisecond: `2026-01-31T12:00:00.250Z`."""
    text = datetime.fromtimestamp(epoch_seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def epoch(written: str) -> float:
    """Read a moment as seconds since 1970.

    Raises:
        ValueError: it is none.
    """
    return datetime.fromisoformat(written).timestamp()
