"""The pictures of growth are SVG with every curve inside its canvas."""

from xml.etree import ElementTree

import pytest

from benchmarks.curves import Curve, picture

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*curves):
    text = picture("Title <&>", "workers", "operations/s", curves)
    return ElementTree.fromstring(text)  # noqa: S314 (ours)


@pytest.mark.parametrize(
    "points",
    [((1, 5.0),), ((1, 0.0), (10, 0.0)), ((1, 3.0), (10, 99_999.0), (5000, 0.001))],
)
def test_every_point_is_on_the_canvas(points):
    root = drawn(Curve("ours", points))

    circles = root.findall(f"{SVG}circle")
    assert len(circles) == len(points)
    for circle in circles:
        assert 0 <= float(circle.get("cx")) <= float(root.get("width"))
        assert 0 <= float(circle.get("cy")) <= float(root.get("height"))


def test_more_is_higher_and_further_right():
    root = drawn(Curve("ours", ((1, 10.0), (100, 20.0))))

    first, second = root.findall(f"{SVG}circle")
    assert float(second.get("cx")) > float(first.get("cx"))
    assert float(second.get("cy")) < float(first.get("cy"))


def test_curves_without_points_are_left_out_and_the_others_named():
    root = drawn(Curve("ours", ((1, 1.0),)), Curve("absent", ()))

    texts = [text.text for text in root.findall(f"{SVG}text")]
    assert "ours" in texts
    assert "absent" not in texts
    assert root.find(f"{SVG}title").text == "Title <&>"


def test_nothing_at_all_is_refused():
    with pytest.raises(ValueError, match="nothing to draw"):
        picture("Title", "x", "y", [])
