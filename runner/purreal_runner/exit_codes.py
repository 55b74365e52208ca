"""The exit codes of every command; knows nothing of what a command does."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a process of this package ends with; CI systems and the operator rely on the numbers."""

    OK = 0
    """Passed, or completed without thresholds."""
    ERROR = 1
    """The run could not be done (wrong password, unreachable host, no room for the sockets …)."""
    USAGE = 2
    """The command line could not be understood."""
    INCONCLUSIVE = 98
    """The load generator was the limit, so the numbers say nothing about the pool."""
    THRESHOLD_FAILED = 99
    """The run was done and at least one threshold was missed."""
    TIMED_OUT_WAITING = 102
    """The run did not end within its deadline."""
    INVALID_DOCUMENT = 104
    """The document, or the settings that stand for one, are not valid."""
    CANCELLED = 105
    """Interrupted by a signal; the report covers what was done until then."""
