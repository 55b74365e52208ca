"""Owns the proof that the small pictures show the right shape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purreal_runner.report.sparkline import filled_chart, resample, sparkline

values = st.lists(st.integers(0, 1_000), min_size=1, max_size=300)


@given(values, st.integers(1, 120))
def test_resampling_keeps_the_width_and_the_greatest_value(each: list[int], width: int) -> None:
    columns = resample(each, width)

    assert len(columns) == width
    assert max(columns) == max(each)


@given(values, st.integers(1, 60), st.integers(1, 8))
def test_a_chart_has_the_size_it_was_asked_for(each: list[int], width: int, height: int) -> None:
    lines = filled_chart(each, each, top=max(each), width=width, height=height)

    assert [len(line) for line in lines] == [width] * height


@pytest.mark.parametrize(
    ("each", "width", "picture"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7, 8], 9, " ▁▂▃▄▅▆▇█"),
        ([0, 8], 4, "  ██"),
        ([1, 8, 2, 4], 2, "█▄"),
        ([0, 0], 3, "   "),
        ([1, 1000], 2, "▁█"),
        ([], 5, ""),
        ([1], 0, ""),
    ],
)
def test_a_sparkline_is_scaled_to_its_greatest_value(
    each: list[float], width: int, picture: str
) -> None:
    assert sparkline(each, width) == picture


def test_a_chart_fills_what_is_used_and_shades_what_is_open() -> None:
    lines = filled_chart([1, 2, 4], [3, 4, 4], top=4, width=3, height=4)

    assert lines == [
        " ░█",
        "░░█",
        "░██",
        "███",
    ]


def test_a_chart_draws_eighths_and_never_hides_a_little() -> None:
    assert filled_chart([0.01, 1.5], [0, 0], top=4, width=2, height=4) == ["  ", "  ", " ▄", "▁█"]


def test_without_a_scale_nothing_is_drawn() -> None:
    assert filled_chart([0], [0], top=0, width=2, height=1) == ["  "]
