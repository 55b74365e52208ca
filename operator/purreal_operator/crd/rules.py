"""The rules between fields, as CEL for the API server; the models have the same ones in Python.

`tests/cluster` feeds both with the same documents, so that neither drifts from the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from pydantic.alias_generators import to_camel

from purreal_operator.crd.addresses import address_rules
from purreal_operator.crd.rule import Rule, quoted
from purreal_operator.status.words import ACTIVE_PHASES
from purreal_runner.document.enums import TargetType
from purreal_runner.document.fields import COLLECTOR, DNS_LABEL, ENDPOINT, PATTERN_WORDS
from purreal_runner.document.load import MEMBERS as LOADS
from purreal_runner.document.metadata import LONGEST_NAME
from purreal_runner.document.metrics import Metric, Unit
from purreal_runner.document.model import PoolLoadTestSpec
from purreal_runner.document.pod_inputs import OWN_PATHS, OWN_VARIABLES, SOURCES, VALUES
from purreal_runner.document.runner_pod import OWN_KEYS
from purreal_runner.document.shape import aliases
from purreal_runner.document.target import MEMBERS as TARGETS
from purreal_runner.document.workload import LONGEST_TEXT
from purreal_runner.document.workload import MEMBERS as WORKLOADS

CHANGEABLE = frozenset({"desiredState", "retention"})
"""Fields of the spec that may change while a run is active."""

LIMITS: Mapping[Unit, tuple[str, str]] = {
    Unit.RATIO: ("^0*(100([.]0+)?|[0-9]{1,2}([.][0-9]+)?)%$", "a share such as '99.9%'"),
    Unit.PER_SECOND: ("^[0-9.]+/s$", "a rate such as '500/s'"),
    Unit.COUNT: ("^[0-9]+$", "a whole number such as '0'"),
    Unit.SECONDS: ("^[0-9.]+(us|ms|s|m)$", "a duration such as '20ms' or '1s'"),
}
"""What a limit must look like, beside the pattern all limits have, and how that is said."""

QUERY = "^([^$]|[$]+[^${]|[$]+[{]table:[A-Za-z_][A-Za-z0-9_]*[}])*[$]*$"
"""Text in which every `${` begins the name of an own table."""

_SIDES = ("at_least", "at_most", "above", "below")


def _name() -> Iterator[Rule]:
    yield Rule(
        f"size(self.metadata.name) <= {LONGEST_NAME}",
        f"metadata.name must have at most {LONGEST_NAME} characters: other objects are named "
        "after it",
    )
    yield Rule(
        f"self.metadata.name.matches({quoted(DNS_LABEL)})",
        f"metadata.name {PATTERN_WORDS[DNS_LABEL]}",
    )
    yield Rule(
        "!has(self.metadata.generateName)",
        "metadata.generateName can't be used; give the test a name",
    )


def _fixed_while_active() -> Iterator[Rule]:
    active = ", ".join(sorted(quoted(phase) for phase in ACTIVE_PHASES))
    free = (
        "!has(oldSelf.status) || !has(oldSelf.status.phase) "
        f"|| !(oldSelf.status.phase in [{active}])"
    )
    same = " && ".join(
        f"has(self.spec.{name}) == has(oldSelf.spec.{name}) "
        f"&& (!has(self.spec.{name}) || self.spec.{name} == oldSelf.spec.{name})"
        for name in aliases(PoolLoadTestSpec)
        if name not in CHANGEABLE
    )
    yield Rule(
        f"{free} || ({same})",
        "spec can't change while a run is active, except desiredState and retention: wait for "
        "phase Finished, or set desiredState: Cancelled first",
        ".spec",
    )


def _union(
    members: Mapping[StrEnum, str], *, optional: frozenset[str] = frozenset()
) -> Iterator[Rule]:
    """Yield the rules of a union: exactly the member that its `type` names."""
    for kind, field in members.items():
        name, named = to_camel(field), quoted(kind)
        if field not in optional:
            yield Rule(
                f"!has(self.type) || self.type != {named} || has(self.{name})",
                f"{name} is required, because type is {kind}",
            )
        if len(members) > 1:
            yield Rule(
                f"!has(self.type) || self.type == {named} || !has(self.{name})",
                f"{name} belongs to type {kind}, but type is another; remove one",
                f".{name}",
            )


def _one_of(fields: Sequence[str]) -> Rule:
    *names, last = map(to_camel, fields)
    present = ", ".join(f"has(self.{name})" for name in (*names, last))
    return Rule(
        f"[{present}].filter(present, present).size() == 1",
        f"needs exactly one of {', '.join(names)} and {last}",
    )


def _target() -> Iterator[Rule]:
    yield Rule(
        f"!has(self.type) || self.type != {quoted(TargetType.EMBEDDED)}",
        "Embedded works locally only, with `purreal run`; on a cluster use Ephemeral",
        ".type",
    )
    members = " || ".join(f"has(self.{to_camel(field)})" for field in TARGETS.values())
    yield Rule(f"has(self.type) || !({members})", "type is required with its settings")
    yield from _union(TARGETS, optional=frozenset({"ephemeral"}))
    yield Rule(
        "!has(self.auth.secretRef) || (has(self.type) && self.type in "
        f"[{quoted(TargetType.STATEFUL_SET)}, {quoted(TargetType.URL)}])",
        "auth.secretRef needs type: StatefulSet or URL; other targets make their own credentials",
        ".auth.secretRef",
    )


def _workload() -> Iterator[Rule]:
    yield from _union(WORKLOADS)
    yield Rule(
        "(has(self.setup) ? size(self.setup) : 0) + (has(self.mix) ? "
        f"self.mix.map(one, size(one.query)).sum() : 0) <= {LONGEST_TEXT}",
        f"setup and queries have more than {LONGEST_TEXT} characters together",
    )


def _thresholds() -> Iterator[Rule]:
    yield _one_of(_SIDES)
    for unit, (pattern, such_as) in LIMITS.items():
        metrics = ", ".join(quoted(metric) for metric in Metric if metric.unit is unit)
        fits = " && ".join(
            f"(!has(self.{side}) || self.{side}.matches({quoted(pattern)}))"
            for side in map(to_camel, _SIDES)
        )
        yield Rule(f"!(self.metric in [{metrics}]) || ({fits})", f"this metric needs {such_as}")


def _no_own_keys() -> Rule:
    return Rule(
        f"self.all(key, !key.matches({quoted(OWN_KEYS)}))",
        "purreal.dev/…, batch.kubernetes.io/… and app.kubernetes.io/name, managed-by and component "
        "are set by the operator or by Kubernetes; remove them",
    )


_QUERY = Rule(
    f"self.matches({quoted(QUERY)})",
    "only ${table:NAME} can stand in a query: put other placeholders into params and write $name",
)

_POD = "spec.runners.pod"

RULES: Mapping[str, tuple[Rule, ...]] = {
    "": (*_name(), *_fixed_while_active()),
    "spec": (
        Rule(
            "!has(self.load.closed) "
            "|| self.runners.replicas * self.runners.processes <= self.load.closed.workers",
            "replicas × processes pools need at least one worker each: load.closed.workers is less",
            ".runners",
        ),
    ),
    "spec.target": tuple(_target()),
    "spec.target.url": (
        Rule(
            '!has(self.caRef) || self.endpoint.startsWith("wss:")',
            "caRef needs an encrypted endpoint, wss://HOST:PORT",
            ".caRef",
        ),
    ),
    "spec.target.url.endpoint": tuple(address_rules("ws", ENDPOINT)),
    "spec.telemetry.endpoint": tuple(address_rules("http", COLLECTOR)),
    "spec.pool": (
        Rule("self.minSize <= self.maxSize", "maxSize must be at least minSize", ".maxSize"),
    ),
    f"{_POD}.labels": (_no_own_keys(),),
    f"{_POD}.annotations": (_no_own_keys(),),
    f"{_POD}.tolerations[]": (
        Rule(
            'has(self.key) || self.operator == "Exists"',
            "key is required, because operator is Equal",
        ),
        Rule(
            '!has(self.value) || self.operator == "Equal"',
            "value belongs to operator Equal, but operator is Exists",
            ".value",
        ),
        Rule(
            '!has(self.tolerationSeconds) || (has(self.effect) && self.effect == "NoExecute")',
            "tolerationSeconds needs effect: NoExecute",
            ".tolerationSeconds",
        ),
    ),
    f"{_POD}.env[]": (
        _one_of(VALUES),
        Rule(
            f"!self.name.matches({quoted(OWN_VARIABLES)})",
            "PURREAL_… and JOB_COMPLETION_INDEX are set by the operator; use another name",
            ".name",
        ),
    ),
    f"{_POD}.envFrom[]": (_one_of(("config_map_ref", "secret_ref")),),
    f"{_POD}.volumes": (
        Rule(
            "self.all(one, self.exists_one(other, other.mountPath == one.mountPath))",
            "each volume needs a mountPath of its own",
        ),
    ),
    f"{_POD}.volumes[]": (
        _one_of(SOURCES),
        Rule(
            f"!self.mountPath.matches({quoted(OWN_PATHS)})",
            "/etc, /tmp and what is below /etc/purreal are used by the runner itself; mount it "
            "elsewhere",
            ".mountPath",
        ),
    ),
    "spec.workload": tuple(_workload()),
    "spec.workload.mix[].query": (_QUERY,),
    "spec.workload.python": (_one_of(("config_map_ref", "file")),),
    "spec.load": tuple(_union(LOADS)),
    "spec.load.stop": (_one_of(("operations", "duration_seconds")),),
    "spec.thresholds[]": tuple(_thresholds()),
    "spec.lostRunners": (
        Rule(
            '!has(self.maximum) || self.policy == "Continue"',
            "maximum belongs to policy Continue, but policy is Fail",
            ".maximum",
        ),
    ),
}
"""Path to the rules at it; `[]`: of each item."""

NEVER_REPEATED = ("spec.target.url.endpoint", "spec.telemetry.endpoint")
"""Texts whose patterns are rules, because their values must not be in messages."""

LISTS_BY_KEY: Mapping[str, str] = {
    f"{_POD}.env": "name",
    f"{_POD}.volumes": "name",
    "spec.workload.mix": "name",
    "status.conditions": "type",
}
"""Lists whose items are told apart by a field: none is there twice, and appliers merge by it."""
