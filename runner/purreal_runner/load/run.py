"""One whole run on this machine, from the first look at the database to the report."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime

from purreal import ConfigurationError, ConnectFailed
from purreal_runner.exit_codes import ExitCode
from purreal_runner.judge.wording import count
from purreal_runner.load.build_workload import build_workload
from purreal_runner.load.control import Control
from purreal_runner.load.cpu_stress import cpu_stress
from purreal_runner.load.facts import Circumstances, run_facts
from purreal_runner.load.file_limit import (
    NoRoomForSockets,
    raise_file_limit,
    require_room,
    sockets_needed,
)
from purreal_runner.load.interrupt import interruptible
from purreal_runner.load.prepare import clean_up, prepare
from purreal_runner.load.process_run import Alongside
from purreal_runner.load.processes import Gathered
from purreal_runner.load.progress import OnProgress
from purreal_runner.load.settings import RunRefused, RunSettings
from purreal_runner.load.spread import apply_load, process_count, shares
from purreal_runner.load.target import ReadyTarget, precise_words, ready_target
from purreal_runner.measure import merge
from purreal_runner.report.build import build_report
from purreal_runner.report.model import Report
from purreal_runner.workload.errors import InvalidWorkload
from purreal_runner.workload.tables import OwnTables
from purreal_runner.workload.workload import Workload


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run ended with."""

    report: Report
    ended_in_time: bool = True

    def exit_code(self) -> ExitCode:
        """What a process that ran it ends with."""
        return self.report.exit_code() if self.ended_in_time else ExitCode.TIMED_OUT_WAITING


async def run_locally(
    settings: RunSettings,
    on_progress: OnProgress = lambda _: None,
    alongside: Alongside = nullcontext,
) -> Outcome:
    """Runs a load test and reports, whatever happens to the database meanwhile.

    The first Ctrl-C or SIGTERM ends the load, the second one aborts; what the run made in the
    database is dropped in every case.

    Args:
        settings: what to do.
        on_progress: called about four times a second.
        alongside: a context to be in with each pool of this process while the load runs.

    Raises:
        RunRefused: the run could not be done, or nothing was measured.
    """
    run = _Run(settings, on_progress, alongside)
    with interruptible(run.interrupt):
        return await run.run()


class _Run:
    def __init__(
        self, settings: RunSettings, on_progress: OnProgress, alongside: Alongside
    ) -> None:
        self._settings = settings
        self._on_progress = on_progress
        self._alongside = alongside
        self._control = Control()
        self._interrupted = False
        self._in_time = True
        self._notes: list[str] = []
        self._problems: list[str] = []
        self._workload = _built(settings)

    def interrupt(self) -> None:
        self._interrupted = True
        self._control.stop()

    async def run(self) -> Outcome:
        started_at = datetime.now(UTC).isoformat(timespec="seconds")
        _require_room(self._settings)
        async with ready_target(self._settings.target) as target:
            gathered = await self._load(target)
        self._weigh_losses(gathered)
        merged = merge(gathered.parts)
        facts = run_facts(
            self._settings,
            target,
            Circumstances(
                started_at=started_at,
                processes=process_count(self._settings),
                interrupted=self._interrupted,
                problems=tuple(self._problems),
                notes=tuple(self._notes),
            ),
        )
        return Outcome(build_report(facts, merged), self._in_time)

    async def _load(self, target: ReadyTarget) -> Gathered:
        settings = self._settings
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._own_tables(target))
            await stack.enter_async_context(cpu_stress(settings.cpu_stress, settings.run_seconds))
            stack.enter_context(self._deadline())
            try:
                return await apply_load(
                    settings,
                    self._workload,
                    target.connection,
                    self._control,
                    self._on_progress,
                    self._alongside,
                )
            except (ConnectFailed, ConfigurationError) as error:
                raise RunRefused(precise_words(error)) from error

    @asynccontextmanager
    async def _own_tables(self, target: ReadyTarget) -> AsyncIterator[None]:
        settings, workload = self._settings, self._workload
        prepared = False
        try:
            await prepare(target.connection, workload, settings.tables, settings.setup)
            prepared = True
            yield
        finally:
            if settings.keep_data:
                self._notes.extend(_kept(workload, settings.tables))
            elif problem := await clean_up(
                target.connection, workload, settings.tables, prepared=prepared
            ):
                self._notes.append(problem)

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        timer = asyncio.get_running_loop().call_later(self._settings.run_seconds, self._too_late)
        try:
            yield
        finally:
            timer.cancel()

    def _too_late(self) -> None:
        self._in_time = False
        limit = self._settings.run_seconds
        self._problems.append(
            f"the load did not end within {limit:g} s and was stopped; raise runSeconds"
        )
        self._control.stop()

    def _weigh_losses(self, gathered: Gathered) -> None:
        lost = self._settings.pools - len(gathered.parts)
        tolerated = lost <= self._settings.losable_pools
        (self._notes if tolerated else self._problems).extend(gathered.problems)


def _kept(workload: Workload, tables: OwnTables) -> Iterator[str]:
    if workload.tables:
        yield "kept: tables " + ", ".join(tables.name(table) for table in workload.tables)


def _built(settings: RunSettings) -> Workload:
    """The workload of this process; it also says whether the others will be able to build it."""
    if isinstance(settings.workload, Workload):
        return settings.workload
    try:
        return build_workload(settings.workload, settings.tables)
    except InvalidWorkload as error:
        raise RunRefused(str(error), ExitCode.INVALID_DOCUMENT) from error


def _require_room(settings: RunSettings) -> None:
    limit = raise_file_limit()
    each = [sockets_needed(share.workers, settings.limits) for share in shares(settings)]
    # Pools in one process, and the server we start, have all their sockets within one limit.
    alone = settings.target.kind != "url" or process_count(settings) == 1
    try:
        require_room(
            sum(each) if alone else -(-sum(each) // process_count(settings)),
            limit,
            what=f"{count(settings.workers, 'worker')} over {count(settings.pools, 'pool')}",
            lend=settings.limits.lend,
        )
    except NoRoomForSockets as error:
        raise RunRefused(str(error)) from error
