"""What one process has to do, as data that travels as JSON; holds no decision and does no I/O."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from purreal_runner.workload.mix import MixedQuery


class Plan(BaseModel):
    """The base of everything that a process is told: unchangeable, nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ConnectionPlan(Plan):
    """Where the database is and who we are there. The password shows in no repr."""

    url: str
    namespace: str
    database: str
    username: str | None = None
    password: str | None = Field(default=None, repr=False)
    level: Literal["root", "namespace", "database"] = "root"
    ca_file: Path | None = None


class PoolLimits(Plan):
    """The settings of EACH pool. Times in seconds; None means no limit, as in the pool itself."""

    min_size: int = 5
    max_size: int = 50
    max_lifetime: float | None = 1800.0
    max_idle_time: float | None = 300.0
    acquire_timeout: float | None = 30.0
    lend: Literal["auto", "session", "connection"] = "auto"


class ScenarioPlan(Plan):
    """A scenario of the guide, by name."""

    kind: Literal["scenario"] = "scenario"
    name: str


class MixPlan(Plan):
    """The user's own queries."""

    kind: Literal["mix"] = "mix"
    queries: tuple[MixedQuery, ...]


class PythonPlan(Plan):
    """A function in a file."""

    kind: Literal["python"] = "python"
    path: Path
    function: str


WorkloadPlan = Annotated[ScenarioPlan | MixPlan | PythonPlan, Field(discriminator="kind")]


class PoolShare(Plan):
    """One pool's part of the load: exactly one of `operations` and `seconds` is given."""

    index: int
    workers: int
    operations: int | None = None
    seconds: float | None = None


class LoadPlan(Plan):
    """How the load is applied, the same for every pool.

    Attributes:
        pools: how many there are in the whole run; numbers of operations step by it.
        seed: for everything that is drawn.
        warm_up_seconds: load before the measured part.
        close_every: close the connection in the lease of every n-th operation; None: never.
        drain_seconds: how long operations may take to end once no new ones start.
        open_seconds: how long a pool may take to open.
        trace_id: of the run's trace, 32 hexadecimal digits: some operations are sampled for it.
            None: none is.
    """

    pools: int = 1
    seed: int = 0
    warm_up_seconds: float = 0.0
    close_every: int | None = None
    drain_seconds: float = 10.0
    open_seconds: float = 60.0
    trace_id: str | None = Field(default=None, pattern=r"^[0-9a-f]{32}$")


class ProcessPlan(Plan):
    """Everything a worker process has to know; it reads this from its standard input.

    Attributes:
        process: which process of the whole run it is; no two have the same number.
        snapshot_seconds: how often it tells what was measured so far; None: at the end only.
    """

    connection: ConnectionPlan
    limits: PoolLimits
    workload: WorkloadPlan
    table_prefix: str
    load: LoadPlan
    shares: tuple[PoolShare, ...]
    process: int = 0
    loop: Literal["asyncio", "uvloop"] = "asyncio"
    log_level: str = "WARNING"
    snapshot_seconds: float | None = Field(default=None, gt=0)
