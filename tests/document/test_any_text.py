"""Whatever a file holds, reading it ends in a document or in readable problems."""

import string
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from purreal_runner.document import InvalidDocument, Problem, load_document, parse_document
from purreal_runner.document.reading import LARGEST_FILE_BYTES

VALID = {
    "apiVersion": "purreal.dev/v1alpha1",
    "kind": "PoolLoadTest",
    "metadata": {"name": "a", "labels": {}},
    "spec": {
        "target": {"type": "URL", "url": {"endpoint": "ws://a"}, "database": {}, "auth": {}},
        "pool": {"minSize": 1, "maxSize": 2, "lend": "Auto"},
        "runners": {"replicas": 1, "pod": {}},
        "workload": {"type": "Mix", "mix": [{"name": "a", "query": "b", "params": {"c": 1}}]},
        "load": {"type": "Closed", "closed": {"workers": 5}, "stop": {"operations": 5}},
        "faults": [{"type": "CloseConnection", "everyOperations": 5}],
        "thresholds": [{"metric": "AcquireP95", "below": "20ms"}],
        "lostRunners": {"policy": "Continue", "maximum": 2},
        "deadlines": {},
        "retention": {},
    },
}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["Open", "Session", "Mix", "KillPod", "1:30", "20ms", "99%", "type"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
YAML_LIKE = st.text(st.sampled_from(string.printable + "\x00\x85\u2028\ud800é😀"), max_size=200)


def reads_or_explains(text: str) -> None:
    problems: list[Problem] = []
    lines: list[str] = []
    try:
        parse_document(text, "x.yaml")
    except InvalidDocument as error:
        problems, lines = error.problems, str(error).splitlines()

    assert len(problems) == len(lines)


@given(YAML_LIKE)
@settings(max_examples=150)
def test_any_text_is_read_or_explained(text: str) -> None:
    reads_or_explains(text)


def paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: Any = ()
    if isinstance(data, dict | list):
        inner = data.items() if isinstance(data, dict) else enumerate(data)
    return [path, *(deep for key, value in inner for deep in paths(value, (*path, key)))]


def changed(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = data.copy()
    copy[path[0]] = changed(copy[path[0]], path[1:], value)
    return copy


@given(st.lists(st.tuples(st.sampled_from(paths(VALID)[1:]), VALUES), min_size=1, max_size=3))
@settings(max_examples=150)
def test_a_document_with_any_values_in_it_is_read_or_explained(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    data: Any = VALID
    for path, value in changes:
        try:
            data = changed(data, path, value)
        except (TypeError, KeyError, IndexError, AttributeError):
            continue  # an earlier change took that place away

    reads_or_explains(yaml.safe_dump(data, allow_unicode=True))


@given(st.binary(max_size=60))
@settings(max_examples=50)
def test_any_bytes_in_a_file_are_read_or_explained(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "x.yaml"
    path.write_bytes(content)

    with pytest.raises(InvalidDocument):
        load_document(path)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"a: 1\nb: \xff\n", "x.yaml:2: is not UTF-8 text"),
        (b"#" * (LARGEST_FILE_BYTES + 1), "x.yaml: is larger than 1024 KiB"),
        (b"", "x.yaml: holds no document"),
        (b"5", "x.yaml:1: must be a mapping (field: value), not the number 5"),
    ],
)
def test_an_unusable_file_is_named_in_one_line(tmp_path: Path, content: bytes, line: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)

    with pytest.raises(InvalidDocument) as caught:
        load_document(path)

    assert str(caught.value) == f"{tmp_path}/{line}"


@pytest.mark.parametrize("name", ["missing.yaml", ".", "nul\x00.yaml"])
def test_what_is_no_readable_file_is_named_in_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        load_document(tmp_path / name)

    assert "can't be read: " in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
