"""The generated CustomResourceDefinition, without a cluster: complete, bounded, up to date."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from purreal_operator.crd.definition import definition, resource_schema, schema_at
from purreal_operator.crd.rules import RULES
from purreal_runner.document.not_built_yet import VALUES
from tests.document.wrong_documents import IN_THE_LOAD, IN_THE_METADATA, IN_THE_SPEC

ROOT = Path(__file__).parents[2]
LARGEST_BYTES = 128 * 1024
SCHEMA = resource_schema()

TRIED_OTHERWISE = ("spec can't change", "Embedded works locally only", "setup and queries have")
"""Messages of rules that tests/cluster tries with documents of its own."""


def parts(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from parts(inner, f"{path}.{name}")
    for word, sign in (("items", "[]"), ("additionalProperties", "{}")):
        if word in schema:
            yield from parts(schema[word], path + sign)


PARTS = {path: part for path, part in parts(SCHEMA) if path != ".metadata"}


def test_the_file_is_what_the_models_say() -> None:
    command = [sys.executable, str(ROOT / "tools" / "generate_crd.py"), "--check"]

    result = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (result.returncode, result.stderr) == (0, "")


def test_the_file_is_small() -> None:
    assert (ROOT / "manifests" / "crd.yaml").stat().st_size < LARGEST_BYTES


def test_every_field_is_described_in_a_sentence() -> None:
    undescribed = [
        path
        for path, part in PARTS.items()
        if not path.endswith(("[]", "{}")) and not part.get("description", "").endswith(".")
    ]

    assert undescribed == []


def test_every_text_list_and_map_is_bounded_and_every_number_of_the_spec() -> None:
    bound = {"string": "maxLength", "array": "maxItems", "object": "maxProperties"}
    loose = [
        path
        for path, part in PARTS.items()
        if path not in (".apiVersion", ".kind")
        and not {"enum", "properties", bound.get(part["type"], "type")} & part.keys()
    ]
    open_ended = [
        path
        for path, part in PARTS.items()
        if path.startswith(".spec") and part["type"] == "integer" and "maximum" not in part
    ]

    assert (loose, open_ended) == ([], [])


def test_patterns_are_for_the_regular_expressions_of_an_api_server() -> None:
    patterns = [part["pattern"] for part in PARTS.values() if "pattern" in part]
    for part in PARTS.values():
        for rule in part.get("x-kubernetes-validations", ()):
            patterns += map(json.loads, re.findall(r'matches\(("[^"]*")\)', rule["rule"]))

    assert [pattern for pattern in patterns if re.search(r"\(\?|\\[A-Za-z]", pattern)] == []
    assert [pattern for pattern in patterns if re.compile(pattern).pattern != pattern] == []
    assert len(patterns) > 40


def test_nothing_that_is_not_built_can_be_chosen() -> None:
    chosen = {value for part in PARTS.values() for value in part.get("enum", ())}

    assert chosen.isdisjoint(map(str, VALUES))


def test_a_part_that_is_left_out_has_all_its_defaults() -> None:
    spec = schema_at(SCHEMA, "spec")["properties"]

    assert spec["workload"]["default"] == {"type": "Scenario", "scenario": "Sustained", "seed": 42}
    assert spec["target"]["default"]["database"] == {"namespace": "purreal", "name": "loadtest"}
    assert spec["runners"]["default"] == {
        "replicas": 1,
        "processes": 1,
        "pod": {"topologySpread": "Spread"},
    }
    assert "default" not in spec["workload"]["properties"]["scenario"]


def test_the_status_has_no_defaults_because_the_operator_writes_it() -> None:
    assert [
        path for path, part in PARTS.items() if path.startswith(".status") and "default" in part
    ] == []


def test_every_rule_has_a_document_that_breaks_it() -> None:
    answers = [one.server for one in (*IN_THE_SPEC, *IN_THE_LOAD, *IN_THE_METADATA)]
    untried = [
        rule["message"]
        for part in PARTS.values()
        for rule in part.get("x-kubernetes-validations", ())
        if not any(answer in rule["message"] for answer in answers)
        and not rule["message"].startswith(TRIED_OTHERWISE)
    ]

    assert untried == []


def test_every_column_shows_a_field_that_there_is() -> None:
    [version] = definition()["spec"]["versions"]
    places = [column["jsonPath"] for column in version["additionalPrinterColumns"]]

    assert [place for place in places if place not in PARTS] == [".metadata.creationTimestamp"]


@pytest.mark.parametrize("path", RULES)
def test_a_rule_is_reported_at_a_field_that_there_is(path: str) -> None:
    place = schema_at(SCHEMA, path)

    for rule in RULES[path]:
        steps = rule.field.strip(".").split(".") if rule.field else []
        found = place
        for step in steps:
            found = found["properties"][step]
