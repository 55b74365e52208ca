"""Why a target can't be used is said in one word, soon, and only after what may pass has passed."""

import asyncio

import pytest

from purreal import AuthenticationFailed, ConnectFailed, OpenFailed, Unreachable
from purreal_runner.embedded.launch import RunningTarget
from purreal_runner.load.plan import ConnectionPlan
from purreal_runner.load.refused import RunRefused
from purreal_runner.pod import look as module
from purreal_runner.pod.coordination import FailureReason
from purreal_runner.pod.failing import CannotGoOn
from purreal_runner.pod.look import LONGEST_SECONDS, look_patiently, reason_of

PLAN = ConnectionPlan(url="ws://db:8000", namespace="n", database="d")


def refused(error: Exception) -> RunRefused:
    refusal = RunRefused("in words")
    refusal.__cause__ = error
    return refusal


def caused(error: ConnectFailed, cause: Exception) -> ConnectFailed:
    error.__cause__ = cause
    return error


class Target:
    """Fails some looks, each after a time, then answers."""

    def __init__(self, *failures: Exception, seconds: float = 0.0) -> None:
        self.failures = list(failures)
        self.seconds = seconds
        self.looks = 0

    async def look(self, _: ConnectionPlan) -> str:
        self.looks += 1
        await asyncio.sleep(self.seconds)
        if self.failures:
            raise refused(self.failures.pop(0))
        return "surrealdb-3.3.5"


def test_each_failure_has_its_word() -> None:
    from surrealdb.errors import ServerError

    conflict = ServerError(kind="Internal", message="conflict")
    unreachable, no_entry = Unreachable("gone"), AuthenticationFailed("no")
    words: dict[FailureReason, list[Exception]] = {
        FailureReason.TARGET_UNREACHABLE: [unreachable, caused(OpenFailed("slow"), unreachable)],
        FailureReason.SIGN_IN_FAILED: [no_entry],
        FailureReason.TARGET_UNUSABLE: [
            conflict,
            caused(AuthenticationFailed("refused namespace 'n'"), conflict),
            OSError("no such file"),
        ],
    }

    assert {
        reason: {reason_of(refused(error)) for error in errors} for reason, errors in words.items()
    } == {reason: {reason} for reason in words}


@pytest.mark.looptime
async def test_what_passes_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target(*[ConnectFailed("conflict")] * 4)
    monkeypatch.setattr(module, "look", target.look)

    assert await look_patiently(PLAN) == "surrealdb-3.3.5"


@pytest.mark.looptime
async def test_a_refused_sign_in_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target(AuthenticationFailed("no"))
    monkeypatch.setattr(module, "look", target.look)

    with pytest.raises(CannotGoOn) as failed:
        await look_patiently(PLAN)

    assert failed.value.reason is FailureReason.SIGN_IN_FAILED
    assert target.looks == 1


@pytest.mark.looptime
@pytest.mark.parametrize("seconds", [0.0, 5.0, 3600.0])
async def test_no_target_is_looked_at_for_longer_than_ten_seconds(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    target = Target(*[Unreachable("gone")] * 1000, seconds=seconds)
    monkeypatch.setattr(module, "look", target.look)

    with pytest.raises(CannotGoOn) as failed:
        await look_patiently(PLAN)

    assert failed.value.reason is FailureReason.TARGET_UNREACHABLE
    assert asyncio.get_running_loop().time() <= LONGEST_SECONDS
    assert target.looks <= 13


async def test_many_runners_may_look_at_a_new_namespace_at_once(target: RunningTarget) -> None:
    connection = ConnectionPlan(
        url=target.url,
        namespace="new_for_many",
        database="at_once",
        username=target.username,
        password=target.password,
    )

    versions = await asyncio.gather(*(look_patiently(connection) for _ in range(20)))

    assert set(versions) == {target.version}
