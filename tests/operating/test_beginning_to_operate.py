"""What the operator learns of the tests there are before it looks at the first."""

import asyncio

import pytest

from purreal_operator.cluster.errors import Unavailable
from purreal_operator.handlers import all_tests

TESTS = [{"metadata": {"name": "shop"}}]


class Slow:
    """A cluster that answers, then knows the resource, after some questions."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, ...]] = []

    async def tests(self, namespaces: tuple[str, ...]) -> object:
        self.asked.append(namespaces)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.looptime
async def test_the_operator_waits_for_the_cluster_and_for_its_resource(caplog):
    cluster = Slow(Unavailable("no answer"), None, TESTS)

    found = await all_tests(cluster, ("a", "b"))

    assert found == TESTS
    assert cluster.asked == [("a", "b")] * 3
    assert "no answer" in caplog.text
    assert "apply manifests/crd.yaml" in caplog.text
    assert asyncio.get_running_loop().time() > 1  # it does not ask without a pause
