"""Each YAML of the documentation that is a load test, or a part of its spec, is a valid one."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from purreal_runner.document import load_document
from purreal_runner.document.kubernetes import API_VERSION, KIND
from purreal_runner.document.model import PoolLoadTestSpec
from purreal_runner.document.shape import aliases

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SNIPPET = re.compile(r"^( *)```yaml\n(.*?)^\1```", re.M | re.S)
PARTS = frozenset(aliases(PoolLoadTestSpec))
LOAD = {"closed": {"workers": 100}, "stop": {"operations": 100}}


def snippets() -> Iterator[Any]:
    """Yield the snippets that are load tests or parts of one, with page and line."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in SNIPPET.finditer(text):
            snippet = textwrap.dedent(found.group(2))
            content = yaml.safe_load(snippet)
            line = text[: found.start()].count("\n") + 1
            name = f"{page.relative_to(ROOT)}:{line}"
            if not isinstance(content, dict):
                continue
            if content.get("kind") == KIND:
                yield pytest.param(snippet, id=name)
            elif PARTS.issuperset(content):
                yield pytest.param(whole(content), id=name)


def whole(part: Mapping[str, Any]) -> str:
    """A document around a part of a spec."""
    spec = {"load": LOAD, **part}
    document = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "a"}, "spec": spec}
    return yaml.safe_dump(document)


SNIPPETS = list(snippets())


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_load_test_in_a_page_is_valid(snippet: str, tmp_path: Path) -> None:
    file = tmp_path / "loadtest.yaml"
    file.write_text(snippet, encoding="utf-8")

    assert load_document(file).kind == KIND


def test_the_pages_have_whole_load_tests_and_parts() -> None:
    pages = {str(each.id).partition(":")[0] for each in SNIPPETS}

    assert {"README.md", "docs/cluster.md", "docs/loadtest-reference.md"} <= pages
