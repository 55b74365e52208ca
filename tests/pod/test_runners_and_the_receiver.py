"""Runners in processes of their own and the operator's real receiver understand each other."""

import time
from collections.abc import Iterator

import pytest

from purreal_operator.receiver.plan import Instruction
from purreal_operator.receiver.refusals import Reason
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.receiver.server import Ports, Receiver
from purreal_runner.embedded.launch import RunningTarget
from tests.pod.fake_operator import RUN_ID
from tests.pod.pods import TOKEN, Pods
from tests.receiver.sending import FakeStore, room_plan

pytestmark = pytest.mark.timeout(50)

START_IN_SECONDS = 0.7


@pytest.fixture
def rooms() -> Rooms:
    """A room for two runners of two pools."""
    rooms = Rooms()
    rooms.open(room_plan(RUN_ID, TOKEN, runners=2, processes=2))
    return rooms


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def receiver(rooms: Rooms, store: FakeStore) -> Iterator[Receiver]:
    receiver = Receiver(rooms, store.opened, ports=Ports(0, 0, "127.0.0.1"))
    receiver.start()
    yield receiver
    receiver.stop()


async def test_two_runners_are_led_by_the_real_receiver(
    rooms: Rooms, store: FakeStore, receiver: Receiver, target: RunningTarget, pods: Pods
) -> None:
    both = [
        await pods.start(
            f"http://127.0.0.1:{receiver.http_port}",
            target,
            index=index,
            runners={"replicas": 2, "processes": 2},
            load={"closed": {"workers": 40}, "stop": {"operations": 2001}},
        )
        for index in (0, 1)
    ]
    for pod in both:
        await pod.log_line(b"all pools are open")
    start_at = time.monotonic() + START_IN_SECONDS
    rooms.instruct(RUN_ID, Instruction(start_at=start_at))
    for pod in both:
        await pod.log_line(b"the results are delivered")
    rooms.instruct(RUN_ID, Instruction(start_at=start_at, started=True, clean_up_by=0))

    codes = [await pod.end() for pod in both]

    view = rooms.view(RUN_ID)
    assert codes == [0, 0], both[0].log + both[1].log
    assert sorted(store.kept) == [0, 1]
    assert view is not None
    assert view.live is not None
    assert view.live.counts.issued == 2001
    assert view.live.counts.finished == 2001
    assert len(view.live.pools) == 4
    assert (view.refusals, view.mismatches, view.notes) == ({}, (), ())
    assert view.cleaned_up
    assert {runner.server_version for runner in view.runners.values()} == {target.version}
    assert view.start_skew_seconds is not None
    assert view.traces


async def test_a_result_that_never_can_be_stored_fails_its_runner_with_the_reason(
    rooms: Rooms, store: FakeStore, receiver: Receiver, target: RunningTarget, pods: Pods
) -> None:
    store.never = "the result of runner 0 has 901 KiB"
    pod = await pods.start(
        f"http://127.0.0.1:{receiver.http_port}",
        target,
        runners={"replicas": 2, "processes": 2},
        load={"closed": {"workers": 4}, "stop": {"operations": 20}},
    )
    await pod.log_line(b"all pools are open")
    rooms.instruct(RUN_ID, Instruction(start_at=time.monotonic() + START_IN_SECONDS))

    code = await pod.end()

    view = rooms.view(RUN_ID)
    assert code != 0
    assert view is not None
    failure = view.runners[0].failure
    assert failure is not None
    assert store.never in failure.message
    assert view.refusals == {Reason.UNSTORABLE: 1}
