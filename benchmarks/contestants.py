"""Owns who is compared and with which settings; runs nothing."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import OLDER_PURREAL, SDBLPY, SDK, SURREAL_BASICS, Peer


@dataclass(frozen=True, slots=True)
class Contestant:
    """A client with its settings. `peer` None: it runs in our own environment.

    `name` is that of its samples, `label` (where it is another one) the one people read.
    """

    name: str
    script: str
    variant: str = ""
    leases: int = 50
    workers: int = 500
    peer: Peer | None = None
    label: str = ""

    @property
    def shown(self) -> str:
        """What people read."""
        return self.label or self.name

    @property
    def python(self) -> Path | None:
        """Its interpreter; None for ours."""
        if self.peer is None or (self.peer is SDK and not SDK.is_installed):
            return None  # our own environment has the SDK, too
        return self.peer.python

    @property
    def missing(self) -> str | None:
        """Why it can't run, or None."""
        if self.python is None or self.peer is None or self.peer.is_installed:
            return None
        return self.peer.missing


POOL = Contestant("pool", "drivers/purreal_pool.py", "connection", label="this pool, connections")
SESSIONS = Contestant("sessions", POOL.script, "session", label="this pool, sessions")
MANY_SESSIONS = Contestant(
    "500 sessions", POOL.script, "session", leases=500, label="this pool, 500 sessions"
)
TRANSPORT = Contestant(
    "transport without a pool",
    "drivers/purreal_transport.py",
    "shared",
    workers=50,
    label="its transport without a pool",
)
QUEUE = Contestant(
    "bare queue", TRANSPORT.script, "queued", label="its connections behind a bare queue"
)
LEASED = Contestant("SDK leased", "drivers/sdk.py", "leased", peer=SDK)
SHARED = Contestant("SDK shared", "drivers/sdk.py", "shared", peer=SDK)
OLDER_SCRIPT = "drivers/older_purreal.py"
DOCUMENTED = Contestant("purreal 0.2.1", OLDER_SCRIPT, "documented", peer=OLDER_PURREAL)
FILLED = Contestant("purreal 0.2.1 opened first", OLDER_SCRIPT, "filled", peer=OLDER_PURREAL)
LITE = Contestant("sdblpy", "drivers/sdblpy_pool.py", peer=SDBLPY)
BASICS = Contestant("surreal-basics", "drivers/basics.py", leases=1, peer=SURREAL_BASICS)

MULTIPLEXED = Contestant(
    "unleased over 4 sockets",
    TRANSPORT.script,
    "shared",
    leases=4,
    label="its transport, unleased over 4 sockets",
)

INSTANT = (
    POOL, QUEUE, TRANSPORT, SESSIONS, MANY_SESSIONS, MULTIPLEXED, LEASED, SHARED, DOCUMENTED, LITE,
    BASICS,
)  # fmt: skip

REAL = (
    POOL, SESSIONS, MANY_SESSIONS, MULTIPLEXED, LEASED, SHARED, DOCUMENTED, FILLED, LITE, BASICS,
)  # fmt: skip

READY = (
    MANY_SESSIONS,
    Contestant(
        "500 connections",
        POOL.script,
        "connection",
        leases=500,
        label="this pool, 500 connections",
    ),
    Contestant("500 SDK connections", LEASED.script, "leased", leases=500, peer=SDK),
)

CURVES = (POOL, SESSIONS, LEASED, DOCUMENTED)
