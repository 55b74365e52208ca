"""YAML means what it means to kubectl; expected values were printed by kubectl 1.32."""

from typing import Any

import pytest

from purreal_runner.document.yaml_nodes import Unreadable
from purreal_runner.document.yaml_tree import read_tree

VALUES: dict[str, Any] = {
    "yes": True,
    "No": False,
    "on": True,
    "OFF": False,
    "y": True,
    "n": False,
    "True": True,
    "tRUE": "tRUE",
    "~": None,
    "": None,
    "Null": None,
    '""': "",
    "'yes'": "yes",
    "0o17": 15,
    "017": 15,
    "-017": -15,
    "018": 18,
    "09": 9,
    "0x1F": 31,
    "0X1f": 31,
    "-0x1F": -31,
    "0x": "0x",
    "0b101": 5,
    "1_000": 1000,
    "1__0": 10,
    "0_17": 15,
    "08_1": 81,
    "685_230.15": 685230.15,
    "1:30": "1:30",
    "2024-01-02": "2024-01-02",
    "2024-01-02T03:04:05Z": "2024-01-02T03:04:05Z",
    "5.0": 5,
    "5e3": 5000,
    "12e03": 12000,
    "1.50": 1.5,
    ".5": 0.5,
    "-.5": -0.5,
    "1.": 1,
    "+5": 5,
    "1e400": "1e400",
    "20ms": "20ms",
    "500/s": "500/s",
    "99.9%": "99.9%",
    "-": "-x",
    "!!str 5": "5",
    '!!int "5"': 5,
    "!!float 5": 5,
    '!!bool "yes"': True,
    "! 5": "5",
    "!!timestamp 2020-01-01": "2020-01-01",
    '"a\\tb"': "a\tb",
}


@pytest.mark.parametrize("text", [text for text in VALUES if text != "-"])
def test_a_scalar_has_the_value_that_kubectl_prints(text: str) -> None:
    value = read_tree(f"a: {text}\n").data["a"]

    assert value == VALUES[text]
    assert type(value) is type(VALUES[text])


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("x: &x {q: 1, r: 2}\na: {<<: *x, r: 3}\n", {"q": 1, "r": 3}),
        ("x: &x {q: 1, r: 2}\na: {r: 3, <<: *x}\n", {"q": 1, "r": 2}),
        ("x: &x {q: 1}\nz: &z {q: 5, s: 6}\na: {<<: [*x, *z]}\n", {"q": 1, "s": 6}),
        ("x: &x [1, 2]\na: *x\n", [1, 2]),
        ("a: {'<<': {b: 1}}\n", {"<<": {"b": 1}}),
        ("a: {1: a, 1.5: b, yes: c, 0x10: d}\n", {"1": "a", "1.5": "b", "true": "c", "16": "d"}),
    ],
)
def test_anchors_merges_and_keys_are_read_as_kubectl_reads_them(text: str, data: Any) -> None:
    assert read_tree(text).data["a"] == data


def test_json_is_read_with_tabs_and_split_characters() -> None:
    text = '{"a":\n\t{"b": "\\ud83d\\ude00 \\/", "c": 5.0, "d": 1E3}}'

    tree = read_tree(text)

    assert tree.data == {"a": {"b": "😀 /", "c": 5, "d": 1000}}
    assert tree.place(("a", "b")) == (2, 3)


def test_empty_documents_around_the_one_are_skipped() -> None:
    assert read_tree("---\n# nothing\n---\na: 1\n---\n").data == {"a": 1}


def test_every_field_has_its_place_and_a_missing_one_that_of_its_parent() -> None:
    tree = read_tree("a:\n  b:\n    - c: 1\n    - 2\n")

    assert tree.place(("a", "b")) == (2, 3)
    assert tree.place(("a", "b", 0, "c")) == (3, 7)
    assert tree.place(("a", "b", 1)) == (4, 7)
    assert tree.place(("a", "b", 0, "missing")) == (3, 7)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 0, "holds no document"),
        ("# only a comment\n", 0, "holds no document"),
        ("a: 1\n---\nb: 2\n", 3, "holds 2 documents; write one PoolLoadTest per file"),
        ("a: [1\nb: 2\n", 2, "is not YAML: "),
        ("a:\n\t- b\n", 2, "is not YAML: "),
        ("a: 1\nb: \x07\n", 2, "is not YAML: the character U+0007 is not allowed"),
        ("a: &x [*x]\n", 1, "an alias contains itself"),
        ("a: *nobody\n", 1, "is not YAML: found undefined alias"),
        ("? [1]\n: 2\n", 1, "a list or mapping can't be a field name"),
        ("~: 2\n", 1, "a field name can't be empty"),
        ("a: {<<: 1}\n", 1, "<< needs a mapping"),
        ("[" * 100 + "]" * 100, 1, "is not YAML: more than 64 levels of nesting"),
        ('a: "\\UFFFFFFFF"\n', 1, "is not YAML: "),
    ],
)
def test_what_is_no_single_document_is_refused(text: str, line: int, words: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_tree(text)

    assert caught.value.problem.line == line
    assert words in caught.value.problem.message


@pytest.mark.parametrize("value", [".inf", "-.INF", ".nan", "!foo x", "!!set {a}", "!!int x"])
def test_values_that_json_does_not_know_are_problems(value: str) -> None:
    assert [problem.field for problem in read_tree(f"a: {value}\n").problems] == ["a"]


def test_a_duplicate_key_is_a_problem_at_the_second_one() -> None:
    [problem] = read_tree("a:\n  b: 1\n  'b': 2\n").problems

    assert (problem.line, problem.column, problem.field) == (3, 3, "a.b")
    assert problem.message == "is written twice, first in line 2"


def test_aliases_can_not_grow_a_small_file_without_bound() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    with pytest.raises(Unreadable, match="more than 100000 values"):
        read_tree("\n".join(lines))
