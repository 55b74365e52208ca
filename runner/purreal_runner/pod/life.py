"""The life of a runner, from the operator's first answer to the exit code; sends nothing itself.

Each step waits for what it needs or for a reason to end; nothing waits for the operator alone,
which may be away at any time.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import aiohttp

from purreal_runner.exit_codes import ExitCode
from purreal_runner.pod.conversation import Conversation
from purreal_runner.pod.coordination import LATE_EXIT_CODE, FailureReason, RunnerState
from purreal_runner.pod.ending import GRACE_SECONDS, Ending
from purreal_runner.pod.failing import CannotGoOn, NotOurs, Stopped, Why, terminated
from purreal_runner.pod.load_course import LoadCourse
from purreal_runner.pod.look import look_patiently
from purreal_runner.pod.preparing import OwnedData, PodPlan, make_plan
from purreal_runner.pod.settings import PodSettings

_SAY_FAILED_SECONDS = 20.0
_SAY_LAST_SECONDS = 2.0
"""Where the operator sees it anyway: by the stored result, or by the end of the pod."""
_LONGEST_SILENCE_SECONDS = 60.0

_log = logging.getLogger(__name__)


class Life:
    """What one runner does in its life.

    Args:
        settings: of this pod.
        session: for exports; shows the token.
        talk: with the operator; somebody else keeps it going.
    """

    def __init__(
        self, settings: PodSettings, session: aiohttp.ClientSession, talk: Conversation
    ) -> None:
        self._settings = settings
        self._session = session
        self._talk = talk
        self._ending = Ending(talk)
        self._plan: PodPlan | None = None
        self._data: OwnedData | None = None
        self._course: LoadCourse | None = None
        self._cleaned_up = False

    def terminate(self) -> None:
        """The pod is to end soon: leave, and deliver only what is complete already."""
        self._ending.terminate()

    async def live(self) -> int:
        """The whole life; returns what the process ends with."""
        try:
            await self._do_our_part()
        except Stopped as stopped:
            if stopped.why is Why.TOO_LATE:
                _log.warning("leaving: %s", stopped)
                return LATE_EXIT_CODE
            if stopped.why is Why.TERMINATED:
                return await self._fail(terminated("before its load began"))
            self._talk.note(f"{stopped} before its load began: no load was applied")
        except NotOurs as error:
            _log.error("leaving, because nothing but refusals came: %s", error)
            await self._undo()
            return ExitCode.ERROR
        except CannotGoOn as failure:
            return await self._fail(failure)
        except Exception as error:
            _log.exception("unexpected")
            words = f"unexpected {type(error).__name__}: {error}"
            return await self._fail(CannotGoOn(FailureReason.RUNNER_BROKE, words))
        self._talk.tell(state=RunnerState.FINISHED)
        await self._stay_until_dismissed()
        return ExitCode.OK

    async def _do_our_part(self) -> None:
        talk, ending = self._talk, self._ending
        # Nothing is touched before the first answer: it may be that the run began without us.
        await ending.unless_wanted(talk.until(lambda: talk.heard.order is not None))
        self._plan = plan = await ending.unless_wanted(make_plan(self._settings))
        self._data = OwnedData(plan)
        _log.info("looking at %s", plan.connection.url)
        version = await ending.unless_wanted(look_patiently(plan.connection))
        _log.info("the target is %s", version)
        talk.tell(server_version=version[:100])
        if self._settings.index == 0:
            _log.info("making the tables %s_* and running the set-up", plan.run.tables.prefix)
            await ending.unless_wanted(self._data.make())
        self._course = LoadCourse(plan, self._settings, self._session, talk, ending)
        await self._course.run()

    async def _stay_until_dismissed(self) -> None:
        """Asks on, and drops the run's tables when told to."""
        talk = self._talk
        while not self._is_dismissed():
            if self._shall_clean_up():
                await self._drop()
                self._cleaned_up = True
                talk.tell(cleaned_up=True)
            left = _LONGEST_SILENCE_SECONDS - talk.silent_for()
            if left <= 0:
                _log.warning("leaving: no answer for %g s", _LONGEST_SILENCE_SECONDS)
                break
            await talk.until(lambda: self._is_dismissed() or self._shall_clean_up(), timeout=left)
        if not talk.heard.leave:
            finished = RunnerState.FINISHED
            await self._say_last(lambda: talk.was_answered(finished), _SAY_LAST_SECONDS)
            await self._undo()
        _log.info("done")

    def _is_dismissed(self) -> bool:
        return self._talk.heard.leave or self._ending.turned_away or self._ending.terminated

    def _shall_clean_up(self) -> bool:
        return self._talk.heard.clean_up and not self._cleaned_up

    # -- ends -------------------------------------------------------------------------------------

    async def _fail(self, failure: CannotGoOn) -> int:
        _log.error("%s: %s", failure.reason, failure)
        talk, failed = self._talk, RunnerState.FAILED
        talk.tell(state=failed, failure=failure.as_failure())
        await self._undo()
        seconds = _SAY_LAST_SECONDS if self._ending.terminated else _SAY_FAILED_SECONDS
        await self._say_last(lambda: talk.was_answered(failed), seconds)
        # Once more, as the last line: Kubernetes shows that one as the reason of the pod's end.
        _log.error("ends without a result: %s", failure)
        return ExitCode.ERROR

    async def _say_last(self, heard: Callable[[], bool], seconds: float) -> None:
        """Waits until the operator has heard what we say, for a while."""
        seconds = self._ending.at_most(seconds)
        await self._talk.until(lambda: heard() or self._ending.turned_away, timeout=seconds)

    async def _undo(self) -> None:
        """Drops what we made, unless it is gone or other runners may be using it."""
        if self._plan is None or self._data is None or not self._data.begun or self._cleaned_up:
            return
        alone = self._plan.document.spec.runners.replicas == 1
        if alone or not (self._load_began() or self._talk.heard.start is not None):
            with suppress(TimeoutError):
                async with asyncio.timeout(self._ending.at_most(GRACE_SECONDS)):
                    await self._drop()

    async def _drop(self) -> None:
        if self._data is None:
            return
        _log.info("dropping the run's tables")
        if problem := await self._data.drop(load_began=self._load_began()):
            self._talk.note(problem)

    def _load_began(self) -> bool:
        return self._course is not None and self._course.began
