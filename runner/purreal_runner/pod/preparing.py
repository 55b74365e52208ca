"""What a runner does before its pools open: the plan, a look at the target, the run's tables."""

import asyncio
from dataclasses import dataclass

from purreal_runner.document import PoolLoadTest
from purreal_runner.load.build_workload import build_workload
from purreal_runner.load.file_limit import NoRoomForSockets
from purreal_runner.load.plan import ConnectionPlan, ProcessPlan
from purreal_runner.load.prepare import clean_up, prepare
from purreal_runner.load.refused import RunRefused
from purreal_runner.load.settings import RunSettings
from purreal_runner.load.target import connection_of
from purreal_runner.pod.coordination import FailureReason
from purreal_runner.pod.failing import CannotGoOn
from purreal_runner.pod.plan import (
    process_plans,
    read_document,
    require_sockets,
    whole_run,
)
from purreal_runner.pod.settings import PodSettings
from purreal_runner.workload.errors import InvalidWorkload
from purreal_runner.workload.workload import Workload


@dataclass(frozen=True, slots=True)
class PodPlan:
    """All that this pod knows of its part before it asks anybody.

    Attributes:
        document: of the test, as it was when the run began.
        run: the whole run.
        workload: what one operation does, and how to prepare for it.
        connection: where the database is.
        processes: what each process of this pod does.
    """

    document: PoolLoadTest
    run: RunSettings
    workload: Workload
    connection: ConnectionPlan
    processes: list[ProcessPlan]


async def make_plan(settings: PodSettings) -> PodPlan:
    """Works out this pod's part of the run.

    Raises:
        CannotGoOn: the document or the workload can't be used, or the node has too few sockets.
    """
    document = read_document(settings)
    run = whole_run(document, settings)
    plans = process_plans(run, settings.index, document.spec.runners.processes)
    try:
        require_sockets(plans)
    except NoRoomForSockets as error:
        raise CannotGoOn(FailureReason.RUNNER_BROKE, str(error)) from error
    return PodPlan(document, run, await _built(run), connection_of(run.target), plans)


async def _built(run: RunSettings) -> Workload:
    """This process's own copy of the workload, for its hooks; it also shows that it can be built.

    In a thread: a user's file may take seconds to import, and the operator wants to hear us.
    """
    if isinstance(run.workload, Workload):
        raise AssertionError("a document describes its workload")
    try:
        return await asyncio.to_thread(build_workload, run.workload, run.tables)
    except InvalidWorkload as error:
        raise CannotGoOn(FailureReason.INVALID_WORKLOAD, str(error)) from error


class OwnedData:
    """What the run makes in the database besides its load: makes it, drops it.

    Attributes:
        begun: `make` was called, so something may be there.
    """

    def __init__(self, plan: PodPlan) -> None:
        self._plan = plan
        self._made = False
        self.begun = False

    async def make(self) -> None:
        """The run's own tables, then the document's set-up, then the workload's own.

        Raises:
            CannotGoOn: a step failed, in the database's words.
        """
        plan = self._plan
        self.begun = True
        try:
            await prepare(plan.connection, plan.workload, plan.run.tables, plan.run.setup)
        except RunRefused as error:
            raise CannotGoOn(FailureReason.SETUP_FAILED, str(error)) from error
        except Exception as error:
            words = f"the database could not be prepared: {error}"
            raise CannotGoOn(FailureReason.SETUP_FAILED, words) from error
        self._made = True

    async def drop(self, *, load_began: bool) -> str | None:
        """Drops all of it, bounded in time; says in words what could not be dropped.

        Args:
            load_began: then some runner has made it, whichever that was.
        """
        plan = self._plan
        prepared = self._made or load_began
        return await clean_up(plan.connection, plan.workload, plan.run.tables, prepared=prepared)
