"""`python -m purreal_runner.pod`: settings, log, signals and the exit code; decides nothing."""

import asyncio
import logging
import os
import sys

from purreal_runner.exit_codes import ExitCode
from purreal_runner.load.interrupt import interruptible
from purreal_runner.load.loops import run_in_loop
from purreal_runner.pod.client import OperatorClient, session_of
from purreal_runner.pod.conversation import Conversation
from purreal_runner.pod.coordination import RunnerSays, RunnerState
from purreal_runner.pod.life import Life
from purreal_runner.pod.settings import BadSettings, PodSettings, read_settings

_log = logging.getLogger(__name__)


def main() -> int:
    """Runs this pod's part of a run; returns the exit code: 0, 1, or 43 for "joined too late"."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    try:
        settings = read_settings(os.environ)
    except BadSettings as error:
        _log.error("%s", error)
        return ExitCode.ERROR
    _log.info(
        "runner %d of run %d of %s/%s, pod %s",
        settings.index,
        settings.run,
        settings.namespace,
        settings.test,
        settings.pod_name,
    )
    try:
        # The parent only talks and sends; the processes with the load choose their own loop.
        return run_in_loop(_run(settings), "asyncio")
    except KeyboardInterrupt:
        _log.error("aborted by a second signal")
        return ExitCode.ERROR


async def _run(settings: PodSettings) -> int:
    first = RunnerSays(
        pod_uid=settings.pod_uid, pod_name=settings.pod_name, state=RunnerState.PREPARING
    )
    async with session_of(settings) as session, asyncio.TaskGroup() as group:
        talk = Conversation(OperatorClient(session, settings), first)
        talking = group.create_task(talk.talk(), name="talk with the operator")
        life = Life(settings, session, talk)
        with interruptible(life.terminate):
            code = await life.live()
        talking.cancel()
    return code
