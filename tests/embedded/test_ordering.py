"""The order of requests within one session."""

import random

import pytest

from purreal_runner.embedded.ordering import SessionOrder, changes_session


@pytest.mark.parametrize("method", [b"query", b"select", b"version", b"info"])
def test_reading_methods_run_side_by_side(method: bytes) -> None:
    assert not changes_session(method)


@pytest.mark.parametrize(
    "method", [b"use", b"signin", b"authenticate", b"let", b"reset", b"detach", b"", b"never heard"]
)
def test_other_methods_need_the_session_for_themselves(method: bytes) -> None:
    assert changes_session(method)


def test_a_change_waits_for_all_before_it_and_all_after_it_wait() -> None:
    order, started = SessionOrder(), list[str]()
    for name in ("read 1", "read 2", "CHANGE 1", "read 3", "read 4", "CHANGE 2", "CHANGE 3"):
        order.submit(name.isupper() or "CHANGE" in name, lambda name=name: started.append(name))
    expected = ["read 1", "read 2"]
    assert started == expected
    order.done()
    assert started == expected
    for done, then in ((1, ["CHANGE 1"]), (1, ["read 3", "read 4"]), (2, ["CHANGE 2"])):
        for _ in range(done):
            order.done()
        expected += then
        assert started == expected


def test_what_has_not_started_can_be_forgotten() -> None:
    order, started = SessionOrder(), list[str]()
    order.submit(True, lambda: started.append("first"))
    order.submit(False, lambda: started.append("never"))
    order.forget_waiting()
    order.done()
    assert started == ["first"]


@pytest.mark.parametrize("seed", range(20))
def test_everything_starts_in_order_and_changes_run_alone(seed: int) -> None:
    choose, order = random.Random(seed), SessionOrder()
    running, started = list[int](), list[int]()
    kinds = [choose.random() < 0.4 for _ in range(100)]

    def start(number: int) -> None:
        started.append(number)
        running.append(number)
        assert len(running) == 1 or not any(kinds[each] for each in running)

    for number, changes in enumerate(kinds):
        order.submit(changes, lambda number=number: start(number))
        while running and choose.random() < 0.5:
            running.pop(choose.randrange(len(running)))
            order.done()
    while running:
        running.pop()
        order.done()
    assert started == list(range(100))
