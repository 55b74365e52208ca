"""Does in the cluster what was decided; decides nothing, and may be told the same twice."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from purreal_operator.cluster.cluster import Cluster
from purreal_operator.cluster.errors import Conflict, Forbidden, Gone, Invalid, QuotaExceeded
from purreal_operator.decide.beginning import target_type
from purreal_operator.decide.decision import Action
from purreal_operator.decide.observation import Observation
from purreal_operator.memory import TestMemory, password
from purreal_operator.objects.access import (
    TargetAccess,
    ephemeral_access,
    stateful_set_access,
    url_access,
)
from purreal_operator.objects.identity import RunIdentity, TestIdentity
from purreal_operator.objects.metadata import Manifest
from purreal_operator.objects.names import REPORT_KEY, RunNames
from purreal_operator.objects.plan import plan_config_map
from purreal_operator.objects.runner_job import runner_job
from purreal_operator.objects.runner_pod import Runners
from purreal_operator.objects.secrets import (
    runner_token_secret,
    target_credentials_secret,
    target_token_secret,
)
from purreal_operator.objects.size import TooLarge
from purreal_operator.objects.target import (
    EphemeralDatabase,
    target_service,
    target_stateful_set,
)
from purreal_operator.results.concluding import Concluder
from purreal_operator.settings import OperatorSettings
from purreal_operator.status.model import MOST_HISTORY
from purreal_operator.wish import frozen_text
from purreal_runner.document.enums import TargetType
from purreal_runner.document.target import DEFAULT_IMAGE

_USER = "root"


@dataclass(frozen=True, slots=True)
class Task:
    """What an action is about: the run, what was seen of it, what is remembered of it."""

    run: RunIdentity
    seen: Observation
    memory: TestMemory


class Actor:
    """Carries out actions.

    Args:
        cluster: to write to.
        settings: of this operator.
        concluder: makes reports.
    """

    def __init__(self, cluster: Cluster, settings: OperatorSettings, concluder: Concluder) -> None:
        self._cluster = cluster
        self._settings = settings
        self._concluder = concluder
        self._by_action: Mapping[Action, Callable[[Task], Awaitable[None]]] = {
            Action.MAKE_PLAN: self._make_plan,
            Action.MAKE_TARGET: self._make_target,
            Action.MAKE_RUNNERS: self._make_runners,
            Action.CONCLUDE: self._conclude,
            Action.REMOVE_RUN: self._remove_run,
            Action.DELETE_TEST: self._delete_test,
        }

    async def act(self, action: Action, task: Task) -> None:
        """Do one thing; what the cluster refuses is remembered, for good it ends the run.

        Raises:
            ClusterError: it can't be done now.
        """
        memory = task.memory.run
        memory.hindered = ""
        try:
            await self._by_action[action](task)
        except QuotaExceeded as error:
            memory.hindered = str(error)
        except Conflict as error:
            # It may go away; if it does not, the phase's deadline says what was in the way.
            memory.hindered = str(error)
            raise
        except (Invalid, Forbidden, TooLarge) as error:
            memory.refused = str(error)

    async def _make_plan(self, task: Task) -> None:
        document = frozen_text(task.seen.document)
        await self._cluster.create(plan_config_map(task.run, document))

    async def _make_target(self, task: Task) -> None:
        run, plan_uid = task.run, await self._plan_uid(task.run)
        token = task.memory.tokens.token(task.seen.status.tokens.target)
        credentials = target_credentials_secret(run, plan_uid, username=_USER, password=password())
        # The StatefulSet comes last: where it is, everything it needs is there, too.
        for manifest in (
            credentials,
            target_token_secret(run, plan_uid, token),
            target_service(run, plan_uid),
            self._database(task, plan_uid),
        ):
            await self._cluster.create(manifest)

    def _database(self, task: Task, plan_uid: str) -> Manifest:
        spec = task.seen.document.spec
        ephemeral = spec.target.ephemeral
        return target_stateful_set(
            EphemeralDatabase(
                run=task.run,
                plan_uid=plan_uid,
                image=ephemeral.image if ephemeral is not None else DEFAULT_IMAGE,
                start_seconds=spec.deadlines.target_seconds,
                token_secret=task.run.names.target_token(task.seen.status.tokens.target),
                export_url=self._settings.export_url,
            )
        )

    async def _make_runners(self, task: Task) -> None:
        run, plan_uid = task.run, await self._plan_uid(task.run)
        tokens = task.seen.status.tokens
        token = task.memory.tokens.token(tokens.runners)
        await self._cluster.create(runner_token_secret(run, plan_uid, token))
        runners = Runners(
            run=run,
            spec=task.seen.document.spec,
            access=await self._access(task, plan_uid),
            token_secret=run.names.runner_token(tokens.runners),
            operator_url=self._settings.service_url,
            image=self._settings.runner_image,
        )
        await self._cluster.create(runner_job(runners, plan_uid))

    async def _access(self, task: Task, plan_uid: str) -> TargetAccess:
        document = task.seen.document
        target = document.spec.target
        if target_type(document) is TargetType.EPHEMERAL:
            return ephemeral_access(task.run, plan_uid)
        if target.stateful_set is None:
            return url_access(target)
        found = await self._cluster.stateful_set(task.run.test.namespace, target.stateful_set.name)
        # One without a Service of its own is reached by its own name, as most charts have it.
        service = found.service if found is not None else ""
        return stateful_set_access(task.run, target, service or target.stateful_set.name)

    async def _plan_uid(self, run: RunIdentity) -> str:
        plan = await self._cluster.plan(run.test.namespace, run.names.plan)
        if plan is None:
            raise Gone(f"the plan {run.names.plan} is not there (any more)")
        return plan.uid

    async def _conclude(self, task: Task) -> None:
        task.memory.run.conclusion = await self._concluder.conclude(task.run, task.seen)

    async def remove(self, run: RunIdentity) -> None:
        """Remove all that was made for a run, but its report.

        Raises:
            ClusterError: it can't be done now.
        """
        plan = await self._cluster.plan(run.test.namespace, run.names.plan)
        if plan is not None and plan.test_uid == run.test.uid:
            await self._cluster.delete_config_map(run.test.namespace, run.names.plan, uid=plan.uid)

    async def _remove_run(self, task: Task) -> None:
        run, history = task.run, task.seen.status.history
        await self.remove(run)
        if len(history) < MOST_HISTORY:
            return
        # With each run one falls out of the history, and its report with it; several, when runs
        # before this one ended without a plan to be removed.
        oldest = history[-1].run
        for forgotten in range(max(1, oldest - MOST_HISTORY), oldest):
            await self._delete_report(run.test, RunNames(run.test.name, forgotten).report)

    async def _delete_report(self, test: TestIdentity, name: str) -> None:
        """Delete a report of this test; what somebody else keeps under its name stays."""
        found = await self._cluster.config_map_bytes(test.namespace, name, REPORT_KEY)
        if found is not None and found.owner_uid == test.uid:
            await self._cluster.delete_config_map(test.namespace, name)

    async def _delete_test(self, task: Task) -> None:
        test = task.run.test
        await self._cluster.delete_test(test.namespace, test.name, test.uid)
