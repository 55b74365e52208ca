"""The `spec.runners.pod` part of the document: what a user may say about runner pods; makes none.

Only settings that a load test needs, and none that would take away what keeps a pod harmless.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from purreal_runner.document.enums import (
    PullPolicy,
    TaintEffect,
    TolerationOperator,
    TopologySpread,
)
from purreal_runner.document.fields import (
    ANNOTATION_KEY,
    IMAGE,
    LABEL_KEY,
    BrokenRule,
    LabelKey,
    LabelValue,
    Model,
    NullsAreAbsent,
    ObjectName,
    Quantity,
    Whole,
    refuse,
    repeated,
)
from purreal_runner.document.pod_inputs import Variable, VariablesFrom, Volume

OWN_KEYS = (
    "^(purreal[.]dev/|batch[.]kubernetes[.]io/"
    "|app[.]kubernetes[.]io/(name|managed-by|component)$|(job-name|controller-uid)$)"
)
"""Labels and annotations by which the operator and Kubernetes find the pods of a run."""

LARGEST_ID = 2_147_483_647

ResourceName = Annotated[str, Field(min_length=1, max_length=317, pattern=LABEL_KEY)]
AnnotationKey = Annotated[str, Field(min_length=1, max_length=317, pattern=ANNOTATION_KEY)]
AnnotationValue = Annotated[str, Field(max_length=4_096)]
FreeForm = Annotated[dict[str, Any], Field(max_length=32)]
"""A part of Kubernetes' own API, passed on as it is."""


class Resources(Model):
    """What one runner pod asks of its node, and what it may use at most."""

    requests: Annotated[dict[ResourceName, Quantity], NullsAreAbsent] = Field(
        default_factory=dict,
        max_length=16,
        description="Reserved for the pod, such as `cpu: 500m` and `memory: 256Mi`, as text.",
    )
    limits: Annotated[dict[ResourceName, Quantity], NullsAreAbsent] = Field(
        default_factory=dict,
        max_length=16,
        description="Most the pod may use. A limit on `cpu` that is reached makes the result "
        "inconclusive.",
    )


class Toleration(Model):
    """A taint of nodes that runner pods put up with."""

    key: LabelKey | None = Field(
        default=None, description="Key of the taint; absent, with operator `Exists`: every taint."
    )
    operator: TolerationOperator = Field(
        default=TolerationOperator.EQUAL,
        description="`Equal`: the taint has this value. `Exists`: any value.",
    )
    value: LabelValue | None = Field(default=None, description="Value of the taint.")
    effect: TaintEffect | None = Field(
        default=None, description="Effect of the taint; absent: all effects."
    )
    toleration_seconds: Whole | None = Field(
        default=None,
        ge=0,
        le=31_536_000,
        description="How long a pod stays on a node with a `NoExecute` taint; absent: for ever.",
    )

    @model_validator(mode="after")
    def _makes_sense_to_kubernetes(self) -> Self:
        refuse(self._broken_rules())
        return self

    def _broken_rules(self) -> Iterator[BrokenRule]:
        exists = self.operator is TolerationOperator.EXISTS
        if self.key is None and not exists:
            yield BrokenRule(("key",), "is required, because operator is Equal")
        if self.value is not None and exists:
            yield BrokenRule(("value",), "belongs to operator Equal, but operator is Exists")
        if self.toleration_seconds is not None and self.effect is not TaintEffect.NO_EXECUTE:
            yield BrokenRule(("tolerationSeconds",), "needs effect: NoExecute")


class SecurityContext(Model):
    """Ids under which the runner's processes work; absent ones are the image's or the cluster's."""

    run_as_user: Whole | None = Field(
        default=None, ge=1, le=LARGEST_ID, description="User id; never 0 (root)."
    )
    run_as_group: Whole | None = Field(default=None, ge=0, le=LARGEST_ID, description="Group id.")
    fs_group: Whole | None = Field(
        default=None, ge=0, le=LARGEST_ID, description="Group id that owns mounted volumes."
    )


class RunnerPod(Model):
    """Settings of the runner pods."""

    image: Annotated[str, Field(min_length=1, max_length=512, pattern=IMAGE)] | None = Field(
        default=None,
        description="Image of the runner: the operator's own, or one that is built on it. "
        "Absent: the operator's.",
    )
    image_pull_policy: PullPolicy | None = Field(
        default=None, description="When the image is pulled; absent: as Kubernetes does."
    )
    image_pull_secrets: tuple[ObjectName, ...] = Field(
        default=(), max_length=16, description="Names of Secrets for pulling the image."
    )
    resources: Resources = Field(
        default_factory=Resources, description="What one runner pod needs and may use."
    )
    node_selector: Annotated[dict[LabelKey, LabelValue], NullsAreAbsent] = Field(
        default_factory=dict, max_length=32, description="Labels a node must have."
    )
    affinity: FreeForm | None = Field(
        default=None, description="Kubernetes' own `affinity` of a pod, passed on as it is."
    )
    tolerations: tuple[Toleration, ...] = Field(
        default=(), max_length=32, description="Taints of nodes that the pods put up with."
    )
    topology_spread: TopologySpread = Field(
        default=TopologySpread.SPREAD,
        description="`Spread`: over the nodes as evenly as is possible. `None`: as it comes.",
    )
    topology_spread_constraints: tuple[FreeForm, ...] = Field(
        default=(),
        max_length=8,
        description="Kubernetes' own `topologySpreadConstraints`, passed on as they are, beside "
        "`topologySpread`.",
    )
    priority_class_name: ObjectName | None = Field(
        default=None, description="Name of the pods' PriorityClass."
    )
    runtime_class_name: ObjectName | None = Field(
        default=None, description="Name of the pods' RuntimeClass."
    )
    scheduler_name: ObjectName | None = Field(
        default=None, description="Scheduler of the pods; absent: the cluster's."
    )
    service_account_name: ObjectName | None = Field(
        default=None,
        description="ServiceAccount of the pods; its token is not mounted. Absent: the "
        "namespace's default.",
    )
    security_context: SecurityContext = Field(
        default_factory=SecurityContext, description="User and group ids; none are set by default."
    )
    labels: Annotated[dict[LabelKey, LabelValue], NullsAreAbsent] = Field(
        default_factory=dict, max_length=32, description="More labels of the pods."
    )
    annotations: Annotated[dict[AnnotationKey, AnnotationValue], NullsAreAbsent] = Field(
        default_factory=dict, max_length=32, description="More annotations of the pods."
    )
    env: tuple[Variable, ...] = Field(
        default=(), max_length=64, description="Environment variables of the runner."
    )
    env_from: tuple[VariablesFrom, ...] = Field(
        default=(),
        max_length=16,
        description="ConfigMaps and Secrets whose entries are environment variables.",
    )
    volumes: tuple[Volume, ...] = Field(
        default=(), max_length=16, description="Volumes of the runner, with their mount paths."
    )

    @model_validator(mode="after")
    def _leaves_alone_what_is_the_operators(self) -> Self:
        refuse(self._broken_rules())
        return self

    def _broken_rules(self) -> Iterator[BrokenRule]:
        yield from _own_keys("labels", self.labels)
        yield from _own_keys("annotations", self.annotations)
        for position, name in repeated(variable.name for variable in self.env):
            words = f"{name!r} is used twice; each variable needs its own name"
            yield BrokenRule(("env", position, "name"), words)
        for position, name in repeated(volume.name for volume in self.volumes):
            words = f"{name!r} is used twice; each volume needs its own name"
            yield BrokenRule(("volumes", position, "name"), words)
        for position, path in repeated(volume.mount_path for volume in self.volumes):
            words = f"{path!r} is used twice; each volume needs its own path"
            yield BrokenRule(("volumes", position, "mountPath"), words)


def _own_keys(field: str, entries: Mapping[str, str]) -> Iterator[BrokenRule]:
    for key in entries:
        if re.search(OWN_KEYS, key):
            yield BrokenRule((field, key), "is set by the operator or by Kubernetes; remove it")
