"""What pytest is told about a folder whose tests need a cluster: a time limit, or to go without."""

from dataclasses import dataclass
from pathlib import Path

import pytest

_TEST_SECONDS = 300


@dataclass(frozen=True, slots=True)
class OnlyOnACluster:
    """Hooks of pytest.

    Attributes:
        folder: of the tests.
        left_out: why they are left out and how to get what they need; None: they are run.
    """

    folder: Path
    left_out: str | None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Limit the time of each test; preparing the cluster has limits of its own."""
        for item in items:
            if item.path.is_relative_to(self.folder) and not item.get_closest_marker("timeout"):
                item.add_marker(pytest.mark.timeout(_TEST_SECONDS, func_only=True))

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Leaving all of them out is no failure."""
        if self.left_out is not None and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say once that there is no cluster."""
        if self.left_out is not None:
            terminalreporter.write_line(self.left_out)
