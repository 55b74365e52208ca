"""One version, in all places that name it; and a version matrix that says what is true."""

import re
import tomllib
from pathlib import Path

import yaml
from packaging.version import Version

import purreal
from purreal_operator.crd.definition import definition
from purreal_runner.document.target import DEFAULT_IMAGE
from purreal_runner.report.model import SCHEMA_VERSION

ROOT = Path(__file__).parents[2]
CHART = yaml.safe_load((ROOT / "charts/purreal-operator/Chart.yaml").read_text())
MATRIX = (ROOT / "docs" / "versions.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def row(name: str) -> str:
    """A row of the matrix."""
    (found,) = re.findall(rf"^\| {re.escape(name)} \|(.*)\|$", MATRIX, re.MULTILINE)
    return str(found)


def semantic(version: str) -> str:
    """A version of Python's form as charts write it."""
    parsed = Version(version)
    words = {"a": "alpha", "b": "beta", "rc": "rc"}
    before = f"-{words[parsed.pre[0]]}.{parsed.pre[1]}" if parsed.pre else ""
    return parsed.base_version + before


def test_the_chart_has_the_version_of_the_package():
    assert CHART["appVersion"] == purreal.__version__
    assert CHART["version"] == semantic(purreal.__version__)


def test_the_matrix_has_the_versions_of_this_checkout():
    assert f"`{purreal.__version__}`" in row("purreal, operator, image")
    assert f"`{CHART['version']}`" in row("chart")
    (version,) = definition()["spec"]["versions"]
    assert f"`{version['name']}`" in row("resource `PoolLoadTest`")


def test_the_matrix_names_the_platforms_that_are_declared():
    python = [each.split()[-1] for each in PROJECT["classifiers"] if "Python :: 3." in each]
    assert f"`{PROJECT['requires-python']}`" in row("Python")
    assert all(f"{each}" in row("Python") for each in python)
    assert CHART["kubeVersion"].removesuffix("-0") in row("Kubernetes").replace("`", "")
    assert DEFAULT_IMAGE.rpartition(":v")[2] in row("SurrealDB server")
    (engine,) = PROJECT["optional-dependencies"]["embedded"]
    assert "`{}` {}".format(*engine.split("==")) in row("SurrealDB embedded")


def test_the_matrix_has_the_version_of_reports():
    assert f"`schemaVersion` {SCHEMA_VERSION} " in row("report (`report.json`)")


def test_the_changelog_tells_of_this_version():
    text = (ROOT / "CHANGELOG.md").read_text()

    assert re.search(rf"^## (Unreleased|{re.escape(purreal.__version__)} )", text, re.MULTILINE)


def test_files_to_copy_name_this_version():
    files = (
        "README.md",
        "docs/ci/gate.sh",
        "docs/chart.md",
        "docs/releasing.md",
        "docker-bake.hcl",
    )
    for file in files:
        text = (ROOT / file).read_text()
        named = re.findall(
            r"(?<=purreal-)\d[^-\s]*(?=-py3)|(?<=VERSION=)\d\S*|(?<=purreal:)\d\S*", text
        )

        assert named, file
        assert set(named) == {purreal.__version__}, file
