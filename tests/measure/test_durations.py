"""Owns the proof that SurrealDB's duration strings are read as it means them."""

import pytest

from purreal_runner.measure.durations import parse_duration_ns


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("0ns", 0),
        ("42ns", 42),
        ("656.478µs", 656_478),
        ("656.478μs", 656_478),
        ("12us", 12_000),
        ("1.77ms", 1_770_000),
        ("1.77758ms", 1_777_580),
        ("21.728051ms", 21_728_051),
        ("21.7ms", 21_700_000),
        ("1.2s", 1_200_000_000),
        ("3s", 3_000_000_000),
        ("1m2s", 62_000_000_000),
        ("1s200ms", 1_200_000_000),
        ("1h2m3s4ms5µs6ns", 3_723_004_005_006),
        ("2d", 172_800_000_000_000),
        ("1w", 604_800_000_000_000),
        ("1y", 31_536_000_000_000_000),
    ],
)
def test_a_duration_is_read_to_the_nanosecond(text: str, ns: int) -> None:
    assert parse_duration_ns(text) == ns


@pytest.mark.parametrize("text", ["", "ms", "12", "fast", "1.2.3ms", "3s later", "-1ms x", "1m 2s"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration_ns(text)
