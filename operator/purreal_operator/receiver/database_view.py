"""What a report shows of the database itself; plain data, reads no telemetry."""

from purreal_runner.measure.data import Data


class Gauge(Data):
    """A reading that goes up and down."""

    latest: float
    peak: float


class Timing(Data):
    """How often something was done in the database, and how long it took there.

    SurrealDB counts durations in few wide buckets (the first ends at 5 ms), so the percentile is an
    upper bound: 95 % took at most so long. None: nothing was counted.
    """

    count: int = 0
    mean_seconds: float | None = None
    p95_at_most_seconds: float | None = None


class Transactions(Data):
    """How transactions ended; `conflicts` are among the failed. Reads end as cancelled."""

    committed: int = 0
    cancelled: int = 0
    failed: int = 0
    conflicts: int = 0


class DatabasePoint(Data):
    """One moment of the database's history.

    `at_seconds` counts from the start of the load and is negative before it; `statements` have been
    executed until then.
    """

    at_seconds: float
    cpu_percent: float | None = None
    memory_bytes: float | None = None
    sessions: float | None = None
    statements: int = 0


class DatabaseView(Data):
    """What the database has told about itself since it started, set-up and warm-up included.

    Attributes:
        version: of the server, such as 3.3.5.
        restarts: how often its uptime went back; the counts are of all its lives.
        cpu_percent: of one core: two busy cores are 200.
        memory_bytes: of its process.
        sessions: connected WebSockets.
        statements: each statement of a query.
        queries: whole `query` requests.
        transactions: of the storage engine, also the server's own.
        history: at most 600 points over all the time.
    """

    version: str = ""
    restarts: int = 0
    cpu_percent: Gauge | None = None
    memory_bytes: Gauge | None = None
    sessions: Gauge | None = None
    statements: Timing = Timing()
    queries: Timing = Timing()
    transactions: Transactions = Transactions()
    history: tuple[DatabasePoint, ...] = ()
