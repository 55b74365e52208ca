"""Makes room for the sockets of a run, or says before the start that there is none."""

import resource

from purreal_runner.load.plan import PoolLimits

_OTHER_FILES = 64
"""Standard streams, the event loop, libraries, log files: what a process has open besides."""

_SURPLUS_CONNECTIONS = 16
"""Connections that say goodbye still have their sockets while others take their places."""

_SHARED_SOCKETS = 32
_FEWEST_SESSIONS_OF_A_SOCKET = 128
"""Servers take about twice as many; a pool opens a few sockets before it needs them."""


class NoRoomForSockets(RuntimeError):
    """The run needs more open files than this system allows; the text says what to do."""


def raise_file_limit() -> int:
    """Raises this process's soft limit of open files to the hard limit; children inherit it.

    Returns:
        How many files may be open now; a very large number where there is no limit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (ValueError, OSError):
            # Some systems name a hard limit that they do not grant; what we have stays.
            return _count(soft)
    return _count(hard)


def sockets_needed(workers: int, limits: PoolLimits) -> int:
    """The most sockets one pool opens at the same time; whether `auto` saves some, nobody knows."""
    leases = min(limits.max_size, max(limits.min_size, workers + _SURPLUS_CONNECTIONS))
    if limits.lend == "session":
        return min(leases, _SHARED_SOCKETS + leases // _FEWEST_SESSIONS_OF_A_SOCKET)
    return leases


def require_room(sockets: int, limit: int, *, what: str, lend: str) -> None:
    """Refuses a run that can't fit.

    Args:
        sockets: the most that one process will have open.
        limit: from `raise_file_limit`.
        what: which process, for the message.
        lend: what its pools lend.

    Raises:
        NoRoomForSockets: it can't fit.
    """
    needed = sockets + _OTHER_FILES
    if needed > limit:
        sessions = ", lend only sessions (`lend: Session`), which share a few sockets"
        raise NoRoomForSockets(
            f"{what} needs up to {needed:,} open files ({sockets:,} sockets), but the hard limit "
            f"is {limit:,}: lower workers or max_size{'' if lend == 'session' else sessions}, or "
            f"have it raised (`ulimit -Hn {needed}` as root)"
        )


def _count(limit: int) -> int:
    # RLIM_INFINITY is -1 in Python's resource module.
    return 2**31 if limit == resource.RLIM_INFINITY or limit < 0 else min(limit, 2**31)
