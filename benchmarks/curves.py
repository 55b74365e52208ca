"""Owns pictures of how figures grow, as SVG; knows not what they mean."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

_WIDTH, _HEIGHT = 760, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 190, 48, 52
_COLOURS = ("#0b6bcb", "#c2410c", "#15803d", "#7e22ce", "#57534e")
_GRID_LINES = 5
_FONT = "font-family:system-ui,sans-serif;font-size:13px;fill:#1c1917"


@dataclass(frozen=True, slots=True)
class Curve:
    """One line: a name and its points, x above zero."""

    name: str
    points: tuple[tuple[float, float], ...]


def picture(title: str, x_label: str, y_label: str, curves: Sequence[Curve]) -> str:
    """Draw curves over a logarithmic x axis and a linear y axis that begins at zero."""
    drawn = [curve for curve in curves if curve.points]
    if not drawn:
        raise ValueError(f"there is nothing to draw of: {title}")
    axes = _Axes.around([point for curve in drawn for point in curve.points])
    size = {"width": str(_WIDTH), "height": str(_HEIGHT), "viewBox": f"0 0 {_WIDTH} {_HEIGHT}"}
    root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", **size})
    SubElement(root, "title").text = title
    SubElement(root, "rect", {"width": "100%", "height": "100%", "fill": "#ffffff"})
    _text(root, _LEFT, 26, title, weight="600")
    _text(root, _LEFT, _TOP - 6, y_label, size="11")
    _text(root, (_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, x_label, anchor="middle")
    axes.draw(root)
    for number, curve in enumerate(drawn):
        _draw_curve(root, axes, curve, _COLOURS[number % len(_COLOURS)])
    for number, curve in enumerate(drawn):
        _draw_key(root, curve.name, number)
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


@dataclass(frozen=True, slots=True)
class _Axes:
    xs: tuple[float, ...]
    top: float

    @classmethod
    def around(cls, points: Sequence[tuple[float, float]]) -> "_Axes":
        xs = tuple(sorted({x for x, _ in points}))
        return cls(xs, _round_up(max(y for _, y in points)))

    def place(self, x: float, y: float) -> tuple[float, float]:
        span = math.log(self.xs[-1] / self.xs[0]) or 1.0
        along = math.log(x / self.xs[0]) / span
        wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
        return _LEFT + along * wide, _TOP + high * (1 - y / self.top)

    def draw(self, root: Element) -> None:
        for step in range(_GRID_LINES + 1):
            value = self.top * step / _GRID_LINES
            left, y = self.place(self.xs[0], value)
            right, _ = self.place(self.xs[-1], value)
            line = {"x1": f"{left:.1f}", "x2": f"{right:.1f}", "y1": f"{y:.1f}", "y2": f"{y:.1f}"}
            SubElement(root, "line", {**line, "stroke": "#e7e5e4" if step else "#78716c"})
            _text(root, left - 8, y + 4, f"{value:,.6g}", anchor="end", size="11")
        for x in self.xs:
            at, bottom = self.place(x, 0)
            _text(root, at, bottom + 18, f"{x:,.0f}", anchor="middle", size="11")


def _draw_curve(root: Element, axes: _Axes, curve: Curve, colour: str) -> None:
    places = [axes.place(x, y) for x, y in curve.points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    style = {"fill": "none", "stroke": colour, "stroke-width": "2"}
    SubElement(root, "polyline", {"points": line, **style})
    for x, y in places:
        SubElement(root, "circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3", "fill": colour})


def _draw_key(root: Element, name: str, number: int) -> None:
    x, y = _WIDTH - _RIGHT + 18, _TOP + 8 + number * 22
    colour = _COLOURS[number % len(_COLOURS)]
    box = {"x": f"{x}", "y": f"{y}", "width": "14", "height": "4", "fill": colour}
    SubElement(root, "rect", box)
    _text(root, x + 20, y + 6, name, size="12")


def _text(
    root: Element,
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: str = "13",
    weight: str = "400",
) -> None:
    style = f"{_FONT};font-size:{size}px;font-weight:{weight}"
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "style": style}
    SubElement(root, "text", place).text = text


def _round_up(value: float) -> float:
    """The next of 1, 2, 2.5, 5 and 10 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step for step in _steps(power) if step >= value)


def _steps(power: float) -> Iterator[float]:
    for factor in (1, 2, 2.5, 5, 10, 20):
        yield factor * power
