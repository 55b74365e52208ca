"""What wrong documents are answered with: the exact lines a user reads."""

from collections.abc import Callable

import pytest

from tests.document.wrong_documents import (
    HEAD,
    IN_THE_LOAD,
    IN_THE_METADATA,
    IN_THE_SPEC,
    LOAD,
    Wrong,
    with_line,
    with_load,
    with_metadata,
)

Problems = Callable[[str], list[str]]


@pytest.mark.parametrize("wrong", IN_THE_SPEC, ids=lambda wrong: wrong.line)
def test_one_wrong_line_gives_one_problem(problems: Problems, wrong: Wrong) -> None:
    assert problems(with_line(wrong.line)) == [f"loadtest.yaml:6: {wrong.here}"]


def test_a_field_that_is_written_twice_is_refused(problems: Problems) -> None:
    assert problems(with_line("load: {}")) == [
        "loadtest.yaml:6: spec.load: is written twice, first in line 5"
    ]


@pytest.mark.parametrize("wrong", IN_THE_LOAD, ids=lambda wrong: wrong.line)
def test_a_wrong_load_is_named(problems: Problems, wrong: Wrong) -> None:
    assert f"loadtest.yaml:5: {wrong.here}" in problems(with_load(wrong.line))


def test_all_problems_are_listed_in_the_order_of_their_lines(problems: Problems) -> None:
    text = (
        "kind: PoolLoadTest\n"
        "apiVersion: purreal.dev/v1\n"
        "metadata: {name: Checkout}\n"
        "spec:\n"
        "  thresholds:\n"
        "    - metric: AcquireP95\n"
        "      below: 20\n"
        "  runners: {replicas: 9}\n"
        "  load: {closed: {workers: 5}, stop: {operations: 0}}\n"
    )

    assert problems(text) == [
        "loadtest.yaml:2: apiVersion: must be purreal.dev/v1alpha1, not the text 'purreal.dev/v1'",
        "loadtest.yaml:3: metadata.name: must be lower-case letters, digits and '-', "
        "beginning and ending with a letter or digit; not 'Checkout'",
        "loadtest.yaml:7: spec.thresholds[0].below: must be text, not the number 20; "
        "write it in quotes",
        "loadtest.yaml:9: spec.load.stop.operations: must be at least 1, not 0",
    ]


def test_rules_between_parts_are_checked_although_other_fields_are_wrong(
    problems: Problems,
) -> None:
    text = f"{HEAD}{LOAD}  runners: {{replicas: 501}}\n  pool: {{maxSize: x}}\n"

    assert problems(text) == [
        "loadtest.yaml:6: spec.runners: 501 × 1 = 501 pools need at least one worker each, "
        "but spec.load.closed.workers is 500",
        "loadtest.yaml:7: spec.pool.maxSize: must be a whole number, not the text 'x'",
    ]


@pytest.mark.parametrize("wrong", IN_THE_METADATA, ids=lambda wrong: wrong.line)
def test_wrong_metadata_is_named(problems: Problems, wrong: Wrong) -> None:
    assert problems(with_metadata(wrong.line)) == [f"loadtest.yaml:3: {wrong.here}"]


def test_an_empty_name_is_refused(problems: Problems) -> None:
    assert problems(with_metadata("{name: ''}")) == [
        "loadtest.yaml:3: metadata.name: must not be empty"
    ]


def test_annotations_larger_than_an_api_server_takes_are_refused(problems: Problems) -> None:
    half = "x" * 131_072
    metadata = f"{{name: a, annotations: {{a: {half}, b: {half}}}}}"

    [line] = problems(
        f"apiVersion: purreal.dev/v1alpha1\nkind: PoolLoadTest\nmetadata: {metadata}\nspec:\n{LOAD}"
    )

    assert line.endswith("have 262146 bytes together; at most 262144 are possible")


def test_more_text_than_a_config_map_holds_is_refused(problems: Problems) -> None:
    query = "x" * 16_384
    mix = "\n".join(f"      - {{name: q{n}, query: {query}}}" for n in range(9))

    [line] = problems(f"{HEAD}{LOAD}  workload:\n    type: Mix\n    mix:\n{mix}\n")

    assert line.endswith(
        "spec.workload.mix: setup and queries have 147456 characters together; at most 131072"
    )


def test_another_kind_of_document_is_the_only_problem(problems: Problems) -> None:
    assert problems("apiVersion: apps/v1\nkind: Deployment\nspec: {x: 1}\n") == [
        "loadtest.yaml:2: kind: must be PoolLoadTest, not 'Deployment'"
    ]


def test_a_password_in_an_address_is_not_repeated(problems: Problems) -> None:
    [line] = problems(f"{HEAD}{LOAD}  target: {{type: URL, url: {{endpoint: 'ws://a:hush@b'}}}}\n")

    assert "hush" not in line


def test_every_wrong_template_of_a_mix_has_its_place(problems: Problems) -> None:
    text = f"""{HEAD}{LOAD}  workload:
    type: Mix
    mix:
      - name: fine
        query: SELECT * FROM ${{table:item}} LIMIT $size
        params: {{size: "${{int:1:9}}"}}
      - name: wrong
        query: SELECT * FROM ${{foo}}
        params:
          size: "${{int:9:1}}"
          deep:
            list:
              - ok
              - "${{nobody}}"
"""

    found = problems(text)

    assert [" ".join(line.split(" ")[:2]) for line in found] == [
        "loadtest.yaml:13: spec.workload.mix[1].query:",
        "loadtest.yaml:15: spec.workload.mix[1].params.size:",
        "loadtest.yaml:19: spec.workload.mix[1].params.deep.list[1]:",
    ]
    assert "${foo} can't stand in a query" in found[0]
    assert "${int:9:1}: 9 is above 1" in found[1]
