"""The whole CustomResourceDefinition: schema, rules, columns, names; writes no file."""

from typing import Any

from purreal_operator.crd.rules import LISTS_BY_KEY, NEVER_REPEATED, RULES
from purreal_operator.crd.schema import Schema, structural_schema
from purreal_operator.status.model import PoolLoadTestStatus
from purreal_runner.document.kubernetes import (
    GROUP,
    KIND,
    PLURAL,
    SHORT_NAME,
    SINGULAR,
    VERSION,
)
from purreal_runner.document.model import PoolLoadTest, PoolLoadTestSpec

_COLUMNS = (
    ("Phase", "string", ".status.phase", "What the run is busy with.", 0),
    ("Verdict", "string", ".status.verdict", "What came out of the run.", 0),
    ("Runners", "string", ".status.runners.display", "Ready runner pods of those expected.", 0),
    (
        "Ops/s",
        "string",
        ".status.summary.operationsPerSecond",
        "Succeeded operations per second.",
        0,
    ),
    ("Success", "string", ".status.summary.success", "Share of operations that succeeded.", 0),
    (
        "Acquire-p95",
        "string",
        ".status.summary.acquireP95",
        "95th percentile of waits for a lease.",
        0,
    ),
    ("Query-p95", "string", ".status.summary.queryP95", "95th percentile of the requests.", 0),
    ("Grade", "string", ".status.summary.grade", "Grade against the guide's table of targets.", 0),
    ("Age", "date", ".metadata.creationTimestamp", "Time since the test was created.", 0),
    ("Target", "string", ".status.target.display", "The database under test.", 1),
    ("Scenario", "string", ".status.summary.scenario", "What one operation does.", 1),
    ("Workers", "integer", ".status.summary.workers", "Concurrent workers in all.", 1),
    ("Reason", "string", ".status.reason", "Why the run is where it is.", 1),
)
"""Name, type, place, meaning, and 1 for those that only `kubectl get -o wide` prints."""


def definition() -> dict[str, Any]:
    """Return the CustomResourceDefinition as plain data, ready to be written as YAML."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": SINGULAR,
                "shortNames": [SHORT_NAME],
            },
            "versions": [_version()],
        },
    }


def _version() -> dict[str, Any]:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [_column(*each) for each in _COLUMNS],
        "schema": {"openAPIV3Schema": resource_schema()},
    }


def _column(name: str, kind: str, place: str, meaning: str, priority: int) -> dict[str, Any]:
    column = {"name": name, "type": kind, "jsonPath": place, "description": meaning}
    return {**column, "priority": priority} if priority else column


def resource_schema() -> Schema:
    """Return the schema of the whole resource, with all rules in it."""
    root: Schema = {
        "description": " ".join((PoolLoadTest.__doc__ or "").split()),
        "type": "object",
        "required": ["metadata", "spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": "Version of this kind of object."},
            "kind": {"type": "string", "description": "Kind of this object."},
            "metadata": {"type": "object"},
            "spec": structural_schema(PoolLoadTestSpec, defaults=True),
            "status": structural_schema(PoolLoadTestStatus, defaults=False),
        },
    }
    for path, rules in RULES.items():
        place = schema_at(root, path)
        place["x-kubernetes-validations"] = [
            *place.get("x-kubernetes-validations", ()),
            *(one.data for one in rules),
        ]
    for path in NEVER_REPEATED:
        del schema_at(root, path)["pattern"]
    for path, key in LISTS_BY_KEY.items():
        place = schema_at(root, path)
        place |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}
    return root


def schema_at(root: Schema, path: str) -> Schema:
    """Return the part of a schema at a path such as `spec.workload.mix[].query`.

    Raises:
        LookupError: there is no such field.
    """
    schema = root
    for step in path.split(".") if path else ():
        schema = schema["properties"][step.removesuffix("[]")]
        schema = schema["items"] if step.endswith("[]") else schema
    return schema
