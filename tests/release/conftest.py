"""Owns environments whose packages say what a test wants them to say."""

from collections.abc import Callable
from pathlib import Path

import pytest

Say = Callable[..., None]
"""`say(name, version, *lines)`: one more package, with lines of metadata."""


@pytest.fixture
def site_packages(tmp_path: Path) -> Path:
    """An environment without packages."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    return folder


@pytest.fixture
def say(site_packages: Path) -> Say:
    def add(name: str, version: str, *lines: str) -> None:
        folder = site_packages / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        head = ("Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}")
        (folder / "METADATA").write_text("\n".join((*head, *lines)) + "\n", encoding="utf-8")

    return add
