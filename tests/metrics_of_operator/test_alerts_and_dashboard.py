"""Alerts, runbooks, dashboard and documentation speak of metrics that there really are."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.metrics_of_operator.exposed import NAME, exposed, unknown_in

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "charts" / "purreal-operator" / "files"
RUNBOOKS = ROOT / "docs" / "runbooks"
GROUPS = yaml.safe_load((FILES / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}
DASHBOARD = json.loads((FILES / "dashboard.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
PROMTOOL = shutil.which("promtool")

each_alert = pytest.mark.parametrize("alert", ALERTS.values(), ids=ALERTS.keys())


def own(names: set[str]) -> set[str]:
    return {name for name in names if name.startswith("purreal_operator_")}


@pytest.mark.parametrize(
    ("expression", "problems"),
    [
        ("purreal_operator_tests > 0", []),
        ("purreal_operator_test > 0", ["purreal_operator_test"]),
        ('purreal_operator_tests{phase=~"Running|Walking"}', ["phase=Walking"]),
        ('purreal_operator_tests{stage="Running"}', ["stage=Running"]),
        ("rate(purreal_operator_reconcile_duration_seconds_bucket[5m])", []),
    ],
)
def test_the_check_of_expressions_finds_what_is_wrong(expression, problems):
    assert unknown_in(expression) == problems


@each_alert
def test_an_alert_asks_for_metrics_that_there_are(alert: dict[str, Any]):
    assert NAME.findall(alert["expr"])
    assert unknown_in(alert["expr"]) == []


@each_alert
def test_an_alert_says_how_bad_it_is_what_it_is_and_where_to_read_on(alert: dict[str, Any]):
    assert alert["labels"] in ({"severity": "critical"}, {"severity": "warning"})
    assert re.fullmatch(r"[0-9]+m", alert["for"])
    told = alert["annotations"]
    assert set(told) == {"summary", "description", "runbook_url"}
    assert told["runbook_url"] == f"docs/runbooks/{alert['alert']}.md"


def test_no_alert_has_the_name_of_another():
    assert len(ALERTS) == sum(len(group["rules"]) for group in GROUPS)


def test_each_alert_has_its_runbook_and_each_runbook_its_alert():
    assert {page.stem for page in RUNBOOKS.glob("*.md")} == set(ALERTS)


@each_alert
def test_a_runbook_says_what_it_means_what_it_costs_how_to_look_and_what_to_do(
    alert: dict[str, Any],
):
    page = (RUNBOOKS / f"{alert['alert']}.md").read_text(encoding="utf-8")
    severity = alert["labels"]["severity"].capitalize()

    assert page.startswith(f"# {alert['alert']}\n\n{severity}: ")
    assert re.findall("^## (.*)$", page, re.MULTILINE) == ["Meaning", "Impact", "Check", "Fix"]
    assert re.search(r"^## Check\n\n    \S", page, re.MULTILINE), "commands come first"


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_links_of_a_runbook_lead_somewhere(page: Path):
    links = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_shows_metrics_that_there_are(panel: dict[str, Any]):
    expressions = [target["expr"] for target in panel["targets"]]

    assert all(NAME.findall(each) for each in expressions)
    assert [unknown_in(each) for each in expressions] == [[] for _ in expressions]


def test_the_dashboard_leaves_out_no_metric_of_the_operator():
    shown = {name for panel in PANELS for target in panel["targets"] for name in _names(target)}

    assert [each.name for each in exposed() if own({each.name}) and not each.samples & shown] == []


def _names(target: dict[str, Any]) -> list[str]:
    return NAME.findall(target["expr"])


def test_all_of_the_dashboard_is_of_the_chosen_data_source():
    first = DASHBOARD["templating"]["list"][0]
    asked = [panel["datasource"] for panel in PANELS]
    asked += [target["datasource"] for panel in PANELS for target in panel["targets"]]

    assert (first["name"], first["type"], first["query"]) == (
        "datasource",
        "datasource",
        "prometheus",
    )
    assert all(each == {"type": "prometheus", "uid": "${datasource}"} for each in asked)


def test_panels_of_the_dashboard_do_not_overlap():
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


def test_the_table_of_metrics_is_that_of_the_operator():
    page = (ROOT / "docs" / "operator-metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(purreal_\w+)` \| (\w+) \| (.*) \| (.*) \|$", page, re.MULTILINE)
    expected = [
        (each.name, each.type, ", ".join(f"`{label}`" for label in sorted(each.values)), each.help)
        for each in exposed()
        if own({each.name})
    ]

    assert sorted(rows) == sorted(expected)
    for name in ALERTS:
        assert f"](runbooks/{name}.md)" in page


@pytest.mark.skipif(PROMTOOL is None, reason="there is no promtool on PATH")
def test_alerts_fire_when_they_should_and_only_then():
    """Prometheus' own program evaluates them over time; Debian has it in the package prometheus."""
    rules = subprocess.run(
        [str(PROMTOOL), "check", "rules", FILES / "alerts.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    over_time = subprocess.run(
        [str(PROMTOOL), "test", "rules", Path(__file__).with_name("alerts_promtool.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert rules.returncode == 0, rules.stdout + rules.stderr
    assert over_time.returncode == 0, over_time.stdout + over_time.stderr
