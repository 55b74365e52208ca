"""Tokens that live in memory only, and the probe that notices a loop that is stuck."""

import urllib.error
import urllib.request

import pytest

from purreal_operator.memory import TestMemory, TokenStore, backoffs
from purreal_operator.objects.secrets import hash_of
from purreal_operator.probe import probe_endpoint
from purreal_operator.settings import OperatorSettings
from purreal_operator.status.model import Tokens


def test_a_token_is_found_by_its_hash_and_shown_by_nothing():
    store = TokenStore()

    token = store.token(store.fresh.runners)

    assert hash_of(token) == store.fresh.runners
    assert token not in repr(store)
    assert store.fresh.runners != store.fresh.target


def test_a_token_in_use_is_never_offered_again():
    store = TokenStore()
    used = Tokens(runners=store.fresh.runners)

    store.renew(used)

    assert store.fresh.runners != used.runners
    assert used.runners in store.known


def test_tokens_of_earlier_runs_are_forgotten():
    store = TokenStore()
    used = Tokens(runners=store.fresh.runners, target=store.fresh.target)
    store.renew(used)

    store.renew(Tokens(runners=store.fresh.runners))

    assert used.target not in store.known
    with pytest.raises(KeyError):
        store.token(used.runners)


def test_each_run_has_a_memory_of_its_own():
    memory = TestMemory()
    memory.of_run(1, refused_before={}).refused = "quota"

    assert memory.of_run(1, refused_before={}).refused == "quota"
    assert memory.of_run(2, refused_before={}).refused == ""


def test_errors_in_a_row_are_met_with_longer_pauses():
    pauses = backoffs()

    assert [next(pauses) for _ in range(6)] == [1, 2, 4, 8, 10, 10]


def get(port, path="/healthz"):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_probe_says_what_is_stuck():
    well = {"receiver": True, "reconciling": True}
    checks = {"receiver": lambda: well["receiver"], "reconciling": lambda: well["reconciling"]}

    with probe_endpoint(0, checks, bytes) as port:
        assert get(port) == (200, "ok\n")
        well["reconciling"] = False
        assert get(port) == (503, "stuck: reconciling\n")
        assert get(port, "/other")[0] == 404


def test_databases_reach_the_other_port_of_the_same_service():
    settings = OperatorSettings((), 8080, 4317, 8081, "http://op.system.svc:8080", "image")

    assert settings.export_url == "http://op.system.svc:4317"
