"""Waits for a run before the user's eyes: shows it, asks at Ctrl-C, reports its end."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from purreal_kubectl.cancelling import stop
from purreal_kubectl.cluster.cluster import Cluster
from purreal_kubectl.cluster.connecting import Way
from purreal_kubectl.deciding.ending import exit_code_of
from purreal_kubectl.deciding.run_of import Look, WantedRun
from purreal_kubectl.failure import Failure, Terminated
from purreal_kubectl.following import patiently
from purreal_kubectl.reporting import keep, stored_report
from purreal_kubectl.watching import followed
from purreal_operator.cluster.errors import ClusterError
from purreal_operator.status.model import FinishedRun
from purreal_runner.exit_codes import ExitCode
from purreal_runner.report.formats import Format, show
from purreal_runner.report.github import summarise
from purreal_runner.report.model import Report


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to wait and what to report.

    Attributes:
        timeout: seconds to wait at most; None: as long as it takes.
        form: how the report is printed.
        folder: where it is kept in all formats; None: nowhere.
        may_cancel: Ctrl-C asks whether to cancel the run; it only ends the waiting otherwise.
    """

    timeout: float | None = None
    form: Format = Format.TEXT
    folder: Path | None = None
    may_cancel: bool = False

    @property
    def report_is_needed(self) -> bool:
        """Whether somebody counts on the report itself, not on the verdict alone."""
        return self.folder is not None or self.form is not Format.TEXT


def attend(way: Way, namespace: str, wanted: WantedRun, wishes: Wishes) -> int:
    """Wait for the end of a run and report it; returns the exit code.

    Raises:
        Failure: it did not end in time, or can't be followed any more.
        ClusterError: a right is missing, or there was no answer for long.
    """
    attended = _Attended(way, namespace, wanted, wishes)
    try:
        return attended.to_the_end()
    except Terminated:
        return attended.left()
    except KeyboardInterrupt:
        if not (wishes.may_cancel and attended.is_to_be_cancelled()):
            return attended.left()
    try:
        return attended.cancelled_to_the_end()
    except KeyboardInterrupt:
        return attended.left()


class _Attended:
    def __init__(self, way: Way, namespace: str, wanted: WantedRun, wishes: Wishes) -> None:
        self._way = way
        self._namespace = namespace
        self._wanted = wanted
        self._wishes = wishes
        self._console = Console(stderr=True)

    def to_the_end(self) -> int:
        run, report = asyncio.run(self._ended())
        if report is None:
            words = f"run {run.run} of {self._wanted.name}: {run.verdict}: {run.message}"
            self._say(words if run.report else f"{words}; there is no report of it")
            return exit_code_of(run) or (
                ExitCode.ERROR if self._wishes.report_is_needed else ExitCode.OK
            )
        is_kept = self._is_kept(report)
        show(report, self._wishes.form, Console())
        return exit_code_of(run) or (ExitCode.OK if is_kept else ExitCode.ERROR)

    def cancelled_to_the_end(self) -> int:
        if asyncio.run(self._is_withdrawn()):
            self._say(f"the run of {self._wanted.name} that was asked for is withdrawn")
            return ExitCode.CANCELLED
        return self.to_the_end()

    def is_to_be_cancelled(self) -> bool:
        """Ask, where there is somebody to answer."""
        if not (sys.stdin.isatty() and self._console.is_terminal):
            return False
        try:
            # Not by input(): it may write to standard output, which is the report's.
            self._console.print(
                f"\ncancel the run of {self._wanted.name}? [y/N] ", end="", markup=False
            )
            answer = sys.stdin.readline()
        except KeyboardInterrupt:
            return False
        return answer.strip().lower() in ("y", "yes")

    def left(self) -> int:
        name, option = self._wanted.name, f"-n {self._namespace}"
        self._say(
            f"the run of {name} goes on; follow it: kubectl purreal watch {name} {option}; "
            f"cancel it: kubectl purreal cancel {name} {option}"
        )
        return ExitCode.CANCELLED

    async def _ended(self) -> tuple[FinishedRun, Report | None]:
        async with Cluster(self._way) as cluster:
            run = await self._followed(cluster)
            if run.report is None:
                return run, None
            try:
                return run, await patiently(
                    lambda: stored_report(cluster, self._namespace, self._wanted.name, run),
                    self._say,
                )
            except (Failure, ClusterError) as error:
                self._say(str(error))
                return run, None

    async def _followed(self, cluster: Cluster) -> FinishedRun:
        def on_look(look: Look) -> None:
            self._wanted = look.wanted

        return await followed(
            cluster, self._namespace, self._wanted, self._wishes.timeout, self._console, on_look
        )

    def _is_kept(self, report: Report) -> bool:
        """Leave the report where it is wanted; a GitHub job finds its part in standard error."""
        summarise(report, os.environ, sys.stderr)
        try:
            if self._wishes.folder is not None:
                keep(report, self._wishes.folder)
        except Failure as failure:
            self._say(str(failure))
            return False
        return True

    async def _is_withdrawn(self) -> bool:
        async with Cluster(self._way) as cluster:
            return await stop(cluster, self._namespace, self._wanted)

    def _say(self, words: str) -> None:
        self._console.print(words, highlight=False, markup=False, soft_wrap=True)
