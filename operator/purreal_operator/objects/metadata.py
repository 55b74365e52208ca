"""Metadata of the objects of a run: namespace, labels and the owner; knows no kind of object.

The plan ConfigMap belongs to the test and everything else of the run to the plan, so that the
garbage collector removes the run with its plan, and all of it with the test.
"""

from collections.abc import Mapping
from typing import Any

from purreal_operator.objects.identity import RunIdentity
from purreal_operator.objects.names import API_VERSION, KIND, Component

Manifest = dict[str, Any]
"""A Kubernetes object as the API takes it."""


def owned_by_test(
    run: RunIdentity,
    name: str,
    component: Component,
    *,
    annotations: Mapping[str, str] | None = None,
) -> Manifest:
    """Metadata of an object that stays until the test is deleted."""
    owner = {"apiVersion": API_VERSION, "kind": KIND, "name": run.test.name, "uid": run.test.uid}
    return _metadata(run, name, component, owner, annotations)


def owned_by_plan(
    run: RunIdentity,
    plan_uid: str,
    name: str,
    component: Component,
    *,
    annotations: Mapping[str, str] | None = None,
) -> Manifest:
    """Metadata of an object that goes with the run's plan ConfigMap, whose uid is `plan_uid`."""
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": run.names.plan, "uid": plan_uid}
    return _metadata(run, name, component, owner, annotations)


def _metadata(
    run: RunIdentity,
    name: str,
    component: Component,
    owner: Manifest,
    annotations: Mapping[str, str] | None,
) -> Manifest:
    metadata: Manifest = {
        "name": name,
        "namespace": run.test.namespace,
        "labels": run.names.labels(component),
        # no blockOwnerDeletion: some clusters want the right to update the owner for it
        "ownerReferences": [{**owner, "controller": True}],
    }
    if annotations:
        metadata["annotations"] = dict(annotations)
    return metadata
