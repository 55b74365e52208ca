"""What is read from the cluster, as frozen records; reads nothing itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from purreal_operator.cluster.trouble import ContainerEnd, PodTrouble


@dataclass(frozen=True, slots=True)
class Created:
    """The object was made; `uid` is its own."""

    uid: str


@dataclass(frozen=True, slots=True)
class Existed:
    """The object was there already, made earlier for the same owner.

    Attributes:
        uid: its own; empty for Secrets and Events, which are never read.
    """

    uid: str


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A run's plan ConfigMap.

    Attributes:
        uid: the owner's for everything that belongs to the run.
        test_uid: of the test that owns it: another one of the same name may have left it.
        document: the frozen document as JSON.
        terminating: it is being deleted.
    """

    uid: str
    test_uid: str
    document: str
    terminating: bool


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """Bytes from a ConfigMap.

    Attributes:
        value: the bytes.
        owner_uid: of what controls the ConfigMap; empty if nothing does.
        pod_uid: of the pod that sent them; empty if none did.
    """

    value: bytes
    owner_uid: str
    pod_uid: str


@dataclass(frozen=True, slots=True)
class ConditionView:
    """A condition of a Job."""

    status: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class JobView:
    """The Job of the runners.

    Attributes:
        uid: its own.
        owner_uid: of the plan it belongs to.
        terminating: it is being deleted.
        active: pods that are pending or running.
        ready: pods that are ready.
        succeeded, failed: pods that ended, well or badly.
        failed_indexes: given up: they get no new pod.
        completed_indexes: ended well.
        conditions: by type.
    """

    uid: str
    owner_uid: str
    terminating: bool
    active: int
    ready: int
    succeeded: int
    failed: int
    failed_indexes: frozenset[int]
    completed_indexes: frozenset[int]
    conditions: Mapping[str, ConditionView]


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod of a runner or of the target.

    Attributes:
        name, uid: its own.
        index: of the runner; None for other pods.
        phase: Pending, Running, Succeeded, Failed or Unknown.
        ready: it is ready.
        created_at: when.
        terminating: it is being deleted.
        restarts: of its containers in all.
        node: where it runs; empty before it is scheduled.
        trouble: what keeps it from running, or how it ended; None if nothing is wrong.
        last_end: how its first container ended last, even if it runs again; None if it never did.
        failures_of_index: of the same index, before this pod.
        prepared: its network and volumes are there, so that only the image may be missing; False
            also where the cluster does not tell.
    """

    name: str
    uid: str
    index: int | None
    phase: str
    ready: bool
    created_at: datetime
    terminating: bool
    restarts: int
    node: str
    trouble: PodTrouble | None
    last_end: ContainerEnd | None
    failures_of_index: int
    prepared: bool = False

    @property
    def exit_code(self) -> int | None:
        """Of the last end of its first container; None if it never ended."""
        return self.last_end.exit_code if self.last_end is not None else None

    @property
    def alive(self) -> bool:
        """Whether it may still do its part."""
        return not self.terminating and self.phase not in ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class StatefulSetView:
    """A StatefulSet: the target.

    Attributes:
        name, uid: its own.
        owner_uid: of what controls it; empty if nothing does.
        terminating: it is being deleted.
        replicas: pods it should have.
        ready: pods that are ready.
        image: of its first container.
        generation: of its spec.
        service: the headless Service of its pods' names; may be empty.
        selector: of its pods, as the API takes it.
    """

    name: str
    uid: str
    owner_uid: str
    terminating: bool
    replicas: int
    ready: int
    image: str
    generation: int
    service: str
    selector: str


@dataclass(frozen=True, slots=True)
class EventView:
    """An event of an object.

    Attributes:
        type: Normal or Warning.
        reason, message: what happened.
        count: how often.
        last_seen: when; None if it does not say.
    """

    type: str
    reason: str
    message: str
    count: int
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class TestView:
    """A `PoolLoadTest` as it is stored.

    Attributes:
        resource: the whole object, as plain JSON.
    """

    __test__ = False  # pytest takes classes by their names

    namespace: str
    name: str
    uid: str
    generation: int
    resource_version: str
    terminating: bool
    resource: Mapping[str, Any]

    @property
    def status(self) -> Mapping[str, Any]:
        """The status; empty before there is one."""
        status: Mapping[str, Any] = self.resource.get("status") or {}
        return status


@dataclass(frozen=True, slots=True)
class WrittenStatus:
    """A test whose status was written.

    Attributes:
        test: as it is stored now.
        dropped: fields that the cluster does not know and has left out, such as `status.phases`.
    """

    test: TestView
    dropped: tuple[str, ...] = ()
