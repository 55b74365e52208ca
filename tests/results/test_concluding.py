"""A report that does not get into the cluster keeps no run from its end."""

import pytest

from purreal_operator.cluster.errors import Conflict, Forbidden, Unavailable
from purreal_operator.decide.observation import Observation, Wish
from purreal_operator.objects.identity import TestIdentity
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.results.concluding import Concluder
from purreal_operator.status.moments import moment
from purreal_runner.judge.verdict import Verdict

RUN = TestIdentity("ns", "shop", "uid-1").run(1)


class FullCluster:
    """It has the parts, and takes no report."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def config_map_bytes(self, namespace: str, name: str, key: str) -> None:
        return None

    async def create(self, manifest: dict[str, object]) -> None:
        raise self.error

    async def runner_pods(self, namespace: str, test: str, run: int) -> tuple[()]:
        return ()

    async def stateful_set(self, namespace: str, name: str) -> None:
        return None


def concluding(make, error: Exception, seconds: float):
    """The conclusion of a run that has been collecting for so long."""
    found = make.evidence(phase_since=moment(make.begun))
    seen = Observation(
        now=make.begun + seconds,
        wish=Wish(generation=1, document=found.document),
        status=found.status,
        frozen=found.document,
    )
    concluder = Concluder(FullCluster(error), Rooms(), lambda run_id, spans: None)
    return concluder.conclude(RUN, seen)


@pytest.mark.parametrize("error", [Conflict("the name is taken"), Unavailable("a webhook is down")])
async def test_what_may_pass_is_tried_again_but_not_for_ever(make, error):
    with pytest.raises(type(error)):
        await concluding(make, error, seconds=170)

    conclusion = await concluding(make, error, seconds=190)

    assert (conclusion.report, conclusion.verdict) == (None, Verdict.ERROR)
    assert f"the report could not be stored: {error}" in conclusion.message


async def test_what_will_not_pass_is_told_at_once(make):
    conclusion = await concluding(make, Forbidden("a policy"), seconds=1)

    assert conclusion.report is None
    assert "the report could not be stored: a policy" in conclusion.message
