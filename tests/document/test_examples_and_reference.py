"""The example documents are valid, and the reference page is what the models say."""

import subprocess
import sys
from pathlib import Path

import pytest

from purreal_runner.document import load_document
from purreal_runner.document.local import resolve_local
from purreal_runner.document.options import LocalOptions
from purreal_runner.document.thresholds import Metric

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_valid_and_runs_without_flags(path: Path) -> None:
    assert resolve_local(load_document(path), LocalOptions()).target.kind == "embedded"


def test_the_main_example_is_the_guides_sustained_scenario() -> None:
    spec = load_document(ROOT / "examples" / "loadtest.yaml").spec

    assert (spec.workers, spec.load.stop.operations) == (500, 5000)
    assert (spec.pool.min_size, spec.pool.max_size) == (50, 600)
    assert spec.thresholds[0].metric is Metric.SUCCESS_RATIO


def test_the_reference_page_is_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "tools" / "generate_reference.py"), "--check"]

    result = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    "field",
    ["spec.lostRunners.policy", "spec.lostRunners.maximum", "spec.deadlines.readySeconds"],
)
def test_the_reference_page_does_not_disown_what_a_local_run_honours(field: str) -> None:
    page = (ROOT / "docs" / "loadtest-reference.md").read_text(encoding="utf-8")
    [row] = [line for line in page.splitlines() if line.startswith(f"| `{field}` |")]

    assert row.endswith("| everywhere |")


@pytest.mark.parametrize("field", ["spec.runners.pod.image", "spec.telemetry.endpoint"])
def test_the_reference_page_says_what_only_a_cluster_does(field: str) -> None:
    page = (ROOT / "docs" / "loadtest-reference.md").read_text(encoding="utf-8")
    [row] = [line for line in page.splitlines() if line.startswith(f"| `{field}` |")]

    assert row.endswith("| on a cluster |")
