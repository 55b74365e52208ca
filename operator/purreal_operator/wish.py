"""What a stored resource asks for: its document, its hash, its annotations; decides nothing."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from purreal_operator.decide.observation import Wish
from purreal_runner.document.enums import DesiredState, TargetType
from purreal_runner.document.kubernetes import RERUN_ANNOTATION
from purreal_runner.document.model import PoolLoadTest
from purreal_runner.document.problems import field_name
from purreal_runner.document.reading import validated

_FREE = frozenset({"desired_state", "retention"})
"""Parts of the spec that may change while a run is active, and that ask for no new run."""
_LONGEST_PROBLEM = 1_000


def wish_of(resource: Mapping[str, Any]) -> Wish:
    """Read what a `PoolLoadTest`, as the API server stores it, asks for."""
    metadata: Mapping[str, Any] = resource.get("metadata") or {}
    spec: Mapping[str, Any] = resource.get("spec") or {}
    document, problem = _document(resource)
    annotations: Mapping[str, str] = metadata.get("annotations") or {}
    return Wish(
        generation=int(metadata.get("generation") or 0),
        document=document,
        problem=problem,
        spec_hash=_hash_of(document) if document else _hash(spec),
        rerun_at=str(annotations.get(RERUN_ANNOTATION, ""))[:64],
        cancelled=spec.get("desiredState") == DesiredState.CANCELLED.value,
    )


def frozen_document(text: str) -> PoolLoadTest | None:
    """Read a document that was frozen before; None if this version can't read it."""
    try:
        content = json.loads(text)
    except ValueError:
        return None
    document, _ = validated(content)
    return document


def frozen_text(document: PoolLoadTest) -> str:
    """A document as it is frozen: with every default written out, so that no version adds one."""
    return document.model_dump_json(by_alias=True, exclude_none=True)


def _document(resource: Mapping[str, Any]) -> tuple[PoolLoadTest | None, str]:
    """The document, or in words why there is none that can be run."""
    kept = ("apiVersion", "kind", "metadata", "spec")
    document, found = validated({key: resource[key] for key in kept if key in resource})
    if document is None:
        words = "; ".join(f"{field_name(path)}: {problem}" for path, problem in found)
        return None, words[:_LONGEST_PROBLEM]
    if document.spec.target.type is TargetType.EMBEDDED:
        return None, "spec.target.type: Embedded works with `purreal run` only"
    return document, ""


def _hash_of(document: PoolLoadTest) -> str:
    """Of what was said, not of what it comes to: a default that is added asks for no run."""
    spec = document.spec.model_dump(
        mode="json", by_alias=True, exclude=set(_FREE), exclude_defaults=True
    )
    return _hash(spec)


def _hash(spec: Mapping[str, Any]) -> str:
    return sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:16]
