"""Every link of the documentation to a file, a folder or a heading in this repository works."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^( *)(```|~~~).*?^\1\2", re.M | re.S)
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    dead = [link for link in links_of(page) if not leads_somewhere(page, link)]

    assert dead == []


def test_the_pages_have_links_with_and_without_a_heading() -> None:
    links = [link for page in PAGES for link in links_of(page)]

    assert len(links) > 100
    assert len([link for link in links if "#" in link]) > 10


@pytest.mark.parametrize(
    ("text", "anchors"),
    [
        ("# Errors", {"errors"}),
        ("## `spec.pool`", {"specpool"}),
        ("## What a cluster adds, and why", {"what-a-cluster-adds-and-why"}),
        ("## One\n## One", {"one", "one-1"}),
        ("```\n# no heading\n```\n## [Links](a.md) count", {"links-count"}),
    ],
)
def test_anchors_are_made_as_the_host_of_the_repository_makes_them(
    text: str, anchors: set[str]
) -> None:
    assert set(anchors_in(text)) == anchors


def links_of(page: Path) -> list[str]:
    """The links of a page that lead into this repository."""
    found = LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
    return [link for link in found if "://" not in link and not link.startswith("mailto:")]


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether there are such a file or folder, and in it such a heading."""
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or anchor in set(anchors_in(target.read_text(encoding="utf-8")))


def anchors_in(text: str) -> Iterator[str]:
    """The anchors of all headings: lower case, without punctuation, a number if it is not new."""
    seen: Counter[str] = Counter()
    for heading in HEADING.findall(FENCED.sub("", text)):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        yield f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor
        seen[anchor] += 1
