"""Names of objects: they fit what Kubernetes takes, and tell whose the object is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purreal_operator.objects.identity import TestIdentity
from purreal_operator.objects.names import Component, RunNames
from purreal_operator.objects.secrets import hash_of
from purreal_runner.document.metadata import LONGEST_NAME

LONGEST = RunNames("x" * LONGEST_NAME, 99_999)

LABEL = 63
REVISION = 11
"""What a StatefulSet's name gets added for the value of a label: `-` and a hash."""


def test_the_run_is_told_from_all_others_by_uid_and_number() -> None:
    assert TestIdentity("shop", "one", "uid").run(3).run_id == "uid-3"


def test_the_longest_names_fit() -> None:
    hostname_of_the_last_runner = f"{LONGEST.job}-999"

    assert len(LONGEST.target) + REVISION <= LABEL
    assert len(LONGEST.target_pod) <= LABEL
    assert len(hostname_of_the_last_runner) <= LABEL


@pytest.mark.parametrize("component", list(Component))
def test_every_object_has_the_labels_of_its_run(component: Component) -> None:
    assert RunNames("one", 3).labels(component) == {
        "app.kubernetes.io/name": "purreal",
        "app.kubernetes.io/managed-by": "purreal-operator",
        "app.kubernetes.io/component": component.value,
        "purreal.dev/test": "one",
        "purreal.dev/run": "3",
    }


def test_the_selector_finds_one_component_of_one_run() -> None:
    assert RunNames("one", 3).selector(Component.RUNNER) == (
        "app.kubernetes.io/component=runner,purreal.dev/test=one,purreal.dev/run=3"
    )


def test_all_names_of_a_run_are_different() -> None:
    names = RunNames("one", 3)
    token = hash_of("token")
    secrets = [
        names.runner_token(token),
        names.target_token(token),
        names.target_credentials("plan"),
    ]
    config_maps = [names.plan, names.report, names.part(0), names.part(1)]

    assert len(set(secrets)) == len(secrets)
    assert len(set(config_maps)) == len(config_maps)


@given(st.text(), st.text())
def test_secrets_of_different_tokens_have_different_names(one: str, other: str) -> None:
    names = RunNames("one", 3)
    same = names.runner_token(hash_of(one)) == names.runner_token(hash_of(other))

    assert same == (one == other)


def test_credentials_of_a_deleted_test_of_the_same_name_are_not_taken_for_ours() -> None:
    names = RunNames("one", 1)

    assert names.target_credentials("plan before") != names.target_credentials("plan now")
