"""The page on telemetry names every metric that a runner exports."""

import re
from pathlib import Path

from purreal_runner.otlp import names
from purreal_runner.otlp.layout import SHAPES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "telemetry.md"
TITLE = "## A load test on a cluster\n"


def test_every_metric_of_a_runner_is_in_the_page() -> None:
    section = PAGE.read_text(encoding="utf-8").partition(TITLE)[2]
    written = set(re.findall(r"`([a-z_.]+)`", section))

    missing = {
        name
        for name in SHAPES
        if name not in written
        and (name == names.HISTORY_INTERVAL or not name.startswith(names.HISTORY))
    }

    assert missing == set()
