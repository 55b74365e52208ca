"""What a stored resource asks for."""

import copy

import pytest

from purreal_operator.wish import frozen_document, frozen_text, wish_of

RESOURCE = {
    "apiVersion": "purreal.dev/v1alpha1",
    "kind": "PoolLoadTest",
    "metadata": {
        "name": "shop",
        "namespace": "ns",
        "uid": "u",
        "generation": 3,
        "resourceVersion": "77",
        "managedFields": [{}],
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
    },
    "spec": {"load": {"closed": {"workers": 3}, "stop": {"operations": 30}}},
    "status": {"phase": "Finished"},
}


def changed(**spec):
    resource = copy.deepcopy(RESOURCE)
    resource["spec"] |= spec
    return resource


def test_what_the_api_server_adds_is_no_obstacle():
    wish = wish_of(RESOURCE)

    assert (wish.problem, wish.generation, wish.cancelled) == ("", 3, False)
    assert wish.document is not None


@pytest.mark.parametrize(
    ("spec", "asks_for_a_run"),
    [
        ({"pool": {"maxSize": 51}}, True),
        ({"thresholds": [{"metric": "AcquireP95", "below": "1ms"}]}, True),
        ({"desiredState": "Cancelled"}, False),
        ({"retention": {"ttlSecondsAfterSuccess": 5}}, False),
        ({"pool": {"maxSize": 50}}, False),
        ({"faults": []}, False),
    ],
    ids=["a change", "a threshold", "cancelling", "retention", "a default written out", "empty"],
)
def test_the_hash_tells_what_asks_for_a_run(spec, asks_for_a_run):
    before, after = wish_of(RESOURCE), wish_of(changed(**spec))

    assert (before.spec_hash != after.spec_hash) is asks_for_a_run


def test_the_annotation_asks_for_another_run():
    resource = copy.deepcopy(RESOURCE)
    resource["metadata"]["annotations"]["purreal.dev/rerun-at"] = "2027-01-01T00:00:00Z"

    assert wish_of(resource).rerun_at == "2027-01-01T00:00:00Z"


def test_cancelling_is_heard_even_of_a_document_that_can_not_run():
    wish = wish_of(changed(pool={"maxSize": 0}, desiredState="Cancelled"))

    assert (wish.document, wish.cancelled) == (None, True)
    assert "spec.pool.maxSize" in wish.problem


def test_what_only_works_locally_is_said():
    wish = wish_of(changed(target={"type": "Embedded"}))

    assert wish.document is None
    assert "purreal run" in wish.problem


def test_two_wrong_specs_are_told_apart():
    first = wish_of(changed(pool={"maxSize": 0}))
    second = wish_of(changed(pool={"maxSize": -1}))

    assert first.spec_hash != second.spec_hash


def test_a_document_is_frozen_with_its_defaults():
    document = wish_of(changed(target={"type": "Ephemeral"})).document

    text = frozen_text(document)

    assert '"maxSize":50' in text
    assert frozen_document(text) == document


def test_a_frozen_document_of_another_version_is_no_crash():
    assert frozen_document('{"kind": "PoolLoadTest", "spec": {"new": 1}}') is None


@pytest.mark.parametrize("text", ["", "{", '{"spec": {"gone": 1}}'])
def test_a_frozen_document_that_can_not_be_read_is_none(text):
    assert frozen_document(text) is None
