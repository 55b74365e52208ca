"""Owns the proof that numbers read well and never claim too much."""

import pytest

from purreal_runner.document import Unit
from purreal_runner.judge import wording


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0.00 µs"),
        (0.000_000_5, "0.50 µs"),
        (0.000_656_478, "656 µs"),
        (0.000_999_7, "1.00 ms"),
        (0.00892, "8.92 ms"),
        (0.009996, "10.0 ms"),
        (0.0335, "33.5 ms"),
        (0.09996, "100 ms"),
        (0.5, "500 ms"),
        (0.9996, "1.00 s"),
        (1.5, "1.50 s"),
        (1234.5, "1,234.50 s"),
    ],
)
def test_a_duration_has_three_digits_and_a_fitting_unit(value: float, words: str) -> None:
    assert wording.seconds(value) == words


@pytest.mark.parametrize(
    ("ratio", "words"),
    [(1.0, "100 %"), (0.999, "99.90 %"), (0.5, "50 %"), (0.0, "0 %"), (0.99999, ">99.99 %")],
)
def test_a_percentage_is_100_only_when_nothing_is_missing(ratio: float, words: str) -> None:
    assert wording.percent(ratio) == words


@pytest.mark.parametrize(
    ("number", "unit", "words"),
    [
        (0.02, Unit.SECONDS, "20.0 ms"),
        (0.999, Unit.RATIO, "99.90 %"),
        (1096.49, Unit.PER_SECOND, "1,096/s"),
        (12.34, Unit.PER_SECOND, "12.3/s"),
        (5000, Unit.COUNT, "5,000"),
    ],
)
def test_a_value_is_worded_by_its_unit(number: float, unit: Unit, words: str) -> None:
    assert wording.value(number, unit) == words


def test_a_noun_follows_its_number() -> None:
    assert wording.count(1, "lease") == "1 lease"
    assert wording.count(5000, "lease") == "5,000 leases"
    assert wording.count(2, "process", "processes") == "2 processes"
    assert wording.mebibytes(200 * 1024 * 1024) == "200 MiB"
