"""Owns the pictures of the HTML report as inline SVG; computes nothing but their shape."""

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from purreal_runner.judge.where_time_went import TimeSplit
from purreal_runner.report.elements import element
from purreal_runner.report.history import History, Line, end_of_axis

_WIDTH = 1000.0
_HEIGHT = 100.0


def pool_figures(history: History) -> Iterator[Element]:
    """Yield leases over time, and below them the queue, the throughput and the failures."""
    top = float(history.top)
    layers = [("open", history.open), ("used", history.used)]
    words = f"at most {max(history.open):,} open and {max(history.used):,} used of {top:,.0f}"
    legend = ("leases", _key("used"), _key("open"))
    yield _figure(legend, words, _chart(history, layers, top), f"{top:,.0f}", history)
    for line in history.lines:
        yield _line_figure(line, history)


def _line_figure(line: Line, history: History) -> Element:
    kind = "failures" if line.name == "failed" else "used"
    chart = _chart(history, [(kind, line.values)], line.greatest)
    words = f"at most {line.greatest:,.0f}"
    return _figure((line.name,), words, chart, f"{line.greatest:,.0f}", history)


def _figure(
    legend: Sequence[Element | str], words: str, chart: Element, top: str, history: History
) -> Element:
    caption = element("figcaption", *legend, element("span", words, class_="quiet"))
    scale = element("div", element("span", top), element("span", "0"), class_="scale")
    times = element(
        "div", element("span", "0"), element("span", end_of_axis(history.seconds)), class_="times"
    )
    return element("figure", caption, element("div", scale, chart, times, class_="plot"))


def _chart(history: History, layers: Sequence[tuple[str, Sequence[float]]], top: float) -> Element:
    """Areas one behind the other. The figure's caption says in words what they show."""
    areas = [
        element("path", d=_steps(values, top, history), class_=f"area {kind}")
        for kind, values in layers
    ]
    return element(
        "svg",
        *areas,
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _steps(values: Sequence[float], top: float, history: History) -> str:
    """An outline: up to each interval's value, and along to the interval's end."""
    return "".join((f"M0 {_HEIGHT:g}", *_corners(values, top, history), f"V{_HEIGHT:g}Z"))


def _corners(values: Sequence[float], top: float, history: History) -> Iterator[str]:
    for number, value in enumerate(values):
        end = min((number + 1) * history.interval_seconds, history.seconds)
        along = end / history.seconds if history.seconds else 1.0
        height = value / top if top else 0.0
        yield f"V{_HEIGHT * (1 - height):.5g}H{_WIDTH * along:.5g}"


def split_bar(row: TimeSplit) -> Element:
    """Waiting, database and rest side by side by their share; the cells beside it say the same."""
    whole = row.operation_seconds or 1.0
    at, rectangles = 0.0, []
    for kind, seconds in (
        ("waiting", row.waiting_seconds),
        ("database", row.database_seconds),
        ("rest", row.rest_seconds),
    ):
        width = seconds / whole * 100
        shape = {"x": f"{at:.4g}", "width": f"{width:.4g}", "height": "10"}
        rectangles.append(element("rect", class_=kind, **shape))
        at += width
    return element(
        "svg",
        *rectangles,
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
        class_="split",
        aria_hidden="true",
    )


def time_split_legend() -> Element:
    """What the colours of the bars stand for."""
    return element("p", *map(_key, ("waiting", "database", "rest")), class_="legend")


def _key(name: str) -> Element:
    return element("span", element("span", class_=f"key {name}"), name)
