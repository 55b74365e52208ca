"""A report that does not get into the cluster keeps no run from its end."""

from base64 import b64decode
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from purreal_operator.cluster.errors import Conflict, Forbidden, QuotaExceeded, Unavailable
from purreal_operator.cluster.views import StoredBytes
from purreal_operator.decide.observation import Observation, Wish
from purreal_operator.objects.identity import TestIdentity
from purreal_operator.objects.names import REPORT_KEY
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.results.concluding import Concluder
from purreal_operator.results.fitting import packed_report, unpacked_report
from purreal_operator.results.report import cluster_report
from purreal_operator.status.moments import moment
from purreal_operator.status.words import Reason
from purreal_runner.judge.verdict import Verdict
from purreal_runner.report.on_cluster import LogTail

RUN = TestIdentity("ns", "shop", "uid-1").run(1)


class FullCluster:
    """It has the parts, and takes no report."""

    def __init__(self, error: Exception, bug: Exception | None = None) -> None:
        self.error = error
        self.bug = bug

    async def config_map_bytes(self, namespace: str, name: str, key: str) -> None:
        return None

    async def create(self, manifest: dict[str, object]) -> None:
        raise self.error

    async def runner_pods(self, namespace: str, test: str, run: int) -> tuple[()]:
        if self.bug is not None:
            raise self.bug
        return ()

    async def stateful_set(self, namespace: str, name: str) -> None:
        return None


def concluding(make, cluster: FullCluster, seconds: float):
    """The conclusion of a run that has been collecting for so long."""
    found = make.evidence(phase_since=moment(make.begun))
    seen = Observation(
        now=make.begun + seconds,
        wish=Wish(generation=1, document=found.document),
        status=found.status,
        frozen=found.document,
    )
    concluder = Concluder(cluster, Rooms(), lambda run_id, spans: None)
    return concluder.conclude(RUN, seen)


@pytest.mark.parametrize(
    "error",
    [
        Conflict("the name is taken"),
        QuotaExceeded("exceeded quota"),
        Unavailable("a webhook is down"),
    ],
)
async def test_what_may_pass_is_tried_again_but_not_for_ever(make, error):
    with pytest.raises(type(error)):
        await concluding(make, FullCluster(error), seconds=170)

    conclusion = await concluding(make, FullCluster(error), seconds=190)

    assert (conclusion.report, conclusion.verdict) == (None, Verdict.ERROR)
    assert f"the report could not be stored: {error}" in conclusion.message


async def test_what_will_not_pass_is_told_at_once(make):
    conclusion = await concluding(make, FullCluster(Forbidden("a policy")), seconds=1)

    assert conclusion.report is None
    assert "the report could not be stored: a policy" in conclusion.message


async def test_a_report_that_can_not_be_made_ends_the_run_when_that_lasts(make):
    bug = RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        await concluding(make, FullCluster(Forbidden("a policy"), bug), seconds=170)
    conclusion = await concluding(make, FullCluster(Forbidden("a policy"), bug), seconds=190)

    assert (conclusion.report, conclusion.verdict) == (None, Verdict.ERROR)
    assert conclusion.reason is Reason.RESULTS_MISSING
    assert "the report could not be made: RuntimeError: a bug" in conclusion.message


class TalkingCluster(FullCluster):
    """Its database talks to terminals; the report is kept."""

    def __init__(self) -> None:
        super().__init__(Unavailable("never"))
        self.made: list[dict[str, Any]] = []

    async def create(self, manifest: dict[str, Any]) -> None:
        self.made.append(manifest)

    async def stateful_set(self, namespace: str, name: str) -> object:
        return object()

    async def target_pods(self, namespace: str, found: object) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="shop-1-db-0")]

    async def pod_log_tail(self, namespace: str, pod: str, container: str) -> str:
        return "\x1b[32mstarted\x1b[0m\n\x1b]0;title\x07stopped\n"


async def test_the_ends_of_logs_are_kept_without_what_a_terminal_obeys(make):
    cluster = TalkingCluster()

    await concluding(make, cluster, seconds=1)

    (stored,) = cluster.made
    report = unpacked_report(b64decode(stored["binaryData"][REPORT_KEY]))
    assert report.on_cluster.logs == (
        LogTail(source="shop-1-db-0", lines=("started", " ]0;title stopped")),
    )


class KeepingCluster(FullCluster):
    """It has parts by name, and keeps the report."""

    def __init__(self, parts: dict[str, bytes]) -> None:
        super().__init__(Unavailable("never"))
        self.parts = parts

    async def config_map_bytes(self, namespace: str, name: str, key: str) -> StoredBytes | None:
        part = self.parts.get(name)
        return None if part is None else StoredBytes(part, owner_uid="plan", pod_uid="pod")

    async def create(self, manifest: dict[str, Any]) -> None:
        pass


async def test_what_a_stored_report_lacks_is_said_at_once(make, three_parts, monkeypatch):
    parts = three_parts()
    whole = len(packed_report(cluster_report(make.evidence(*parts))))
    short = partial(packed_report, most_bytes=whole - 1)
    monkeypatch.setattr("purreal_operator.results.concluding.packed_report", short)
    stored = {RUN.names.part(index): make.stored(index, part) for index, part in enumerate(parts)}

    conclusion = await concluding(make, KeepingCluster(stored), seconds=1)

    assert conclusion.report is not None, conclusion.message
    assert conclusion.report.truncated.startswith("records of single pools")
