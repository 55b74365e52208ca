"""Namespaces that tests have to themselves, and how they go again; knows no test."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.kubectl import Kubectl

MADE_FOR_TESTS = "purreal.dev/made-for=tests"
"""Chooses these namespaces among all."""


@contextmanager
def own_namespace(kubectl: Kubectl, words: str, **labels: str) -> Iterator[Kubectl]:
    """A namespace that takes only pods of the `restricted` standard; in the end it is deleted.

    Args:
        kubectl: makes it.
        words: its name begins with them.
        labels: more of them.
    """
    name = f"{words}-{uuid.uuid4().hex[:6]}"
    label, _, value = MADE_FOR_TESTS.partition("=")
    usual = {label: value, "pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"name": name, "labels": {**usual, **labels}}
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    try:
        yield kubectl.inside(name)
    finally:
        _remove(kubectl, name)


def _remove(kubectl: Kubectl, name: str) -> None:
    """Delete it, and do not wait until it is gone.

    A namespace ends its pods before all else goes, and a Job whose pods fail keeps them until they
    are replaced, which they can't be any more. So the Jobs are deleted too; after the namespace,
    when nobody can make them again.
    """
    kubectl.delete("namespace", name)
    kubectl.inside(name).run("delete", "jobs", "--all", "--wait=false")
