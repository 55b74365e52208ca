"""The words a document may use where it chooses between kinds; knows no fields and no rules."""

from enum import StrEnum


class TargetType(StrEnum):
    """Which SurrealDB the load goes to."""

    EPHEMERAL = "Ephemeral"
    STATEFUL_SET = "StatefulSet"
    URL = "URL"
    EMBEDDED = "Embedded"


class Storage(StrEnum):
    """Where a SurrealDB made for the run keeps its data."""

    MEMORY = "Memory"


class AuthLevel(StrEnum):
    """SurrealDB's levels of system users."""

    ROOT = "Root"
    NAMESPACE = "Namespace"
    DATABASE = "Database"


class Writes(StrEnum):
    """Which tables the load may write."""

    OWN_TABLES = "OwnTables"
    ANY_TABLE = "AnyTable"


class Disruption(StrEnum):
    """Whether faults may restart a target that the test did not make."""

    FORBID = "Forbid"
    ALLOW = "Allow"


class Lend(StrEnum):
    """What a lease is made of."""

    AUTO = "Auto"
    SESSION = "Session"
    CONNECTION = "Connection"


class WorkloadType(StrEnum):
    """Where the operations come from."""

    SCENARIO = "Scenario"
    MIX = "Mix"
    PYTHON = "Python"


class Scenario(StrEnum):
    """The built-in scenarios of the load-testing guide."""

    SUSTAINED = "Sustained"
    BURST = "Burst"
    CHURN = "Churn"
    COMPLEX = "Complex"
    PROGRESSIVE = "Progressive"


class LoadType(StrEnum):
    """What drives the load: a number of workers, or an arrival rate."""

    CLOSED = "Closed"
    OPEN = "Open"


class FaultType(StrEnum):
    """What is broken on purpose while the load runs."""

    CLOSE_CONNECTION = "CloseConnection"


class LostRunnersPolicy(StrEnum):
    """What a runner that is lost after the start means for the run."""

    FAIL = "Fail"
    CONTINUE = "Continue"


class TargetConcurrency(StrEnum):
    """What a second test on the same target does."""

    QUEUE = "Queue"
    REFUSE = "Refuse"
    ALLOW = "Allow"


class DesiredState(StrEnum):
    """Whether the test should run or stop."""

    ACTIVE = "Active"
    CANCELLED = "Cancelled"


class PullPolicy(StrEnum):
    """When a node pulls an image."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class TolerationOperator(StrEnum):
    """How a toleration is compared with a taint."""

    EQUAL = "Equal"
    EXISTS = "Exists"


class TaintEffect(StrEnum):
    """What a taint does to pods that do not tolerate it."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


class TopologySpread(StrEnum):
    """How runner pods are placed in relation to each other."""

    SPREAD = "Spread"
    NONE = "None"


class Medium(StrEnum):
    """Where an empty volume keeps its files."""

    DISK = "Disk"
    MEMORY = "Memory"
