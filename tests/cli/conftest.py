"""The options that point a command at a database of these tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from purreal_runner.embedded.launch import RunningTarget


@pytest.fixture
def at(tmp_path: Path) -> Callable[[RunningTarget], list[str]]:
    """`--url` and the rest for a target; the password is in a file, as it has to be."""

    def options(target: RunningTarget) -> list[str]:
        file = tmp_path / "password"
        file.write_text(target.password + "\n")
        return ["--url", target.url, "--user", target.username, "--password-file", str(file)]

    return options
