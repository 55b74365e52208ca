"""Why the receiver refuses something; counts and logs refusals, must not know how they are sent."""

import logging
from collections.abc import Callable
from enum import StrEnum
from typing import Final

_log = logging.getLogger(__name__)
_LOG_EVERY_SECONDS: Final = 60.0
_MOST_REMEMBERED: Final = 1000


class Reason(StrEnum):
    """Why something was refused; a word for counters, logs and conditions."""

    WRONG_TOKEN = "WrongToken"  # noqa: S105 - a word, not a secret
    WRONG_RUN = "WrongRun"
    UNKNOWN_INDEX = "UnknownIndex"
    MALFORMED = "Malformed"
    UNSUPPORTED = "Unsupported"
    TOO_LARGE = "TooLarge"
    TOO_MANY = "TooMany"
    TOO_SLOW = "TooSlow"
    LAYOUT_MISMATCH = "LayoutMismatch"
    DUPLICATE = "Duplicate"
    NOT_READY = "NotReady"
    NOT_STORED = "NotStored"
    UNSTORABLE = "Unstorable"


class Refused(Exception):
    """A request was refused and has changed nothing.

    Args:
        reason: the kind of refusal.
        message: what happened, the limit, what to try; never holds a token or a body.
        run_id: of the run it is counted for, when there is such a room.
    """

    def __init__(self, reason: Reason, message: str, run_id: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.run_id = run_id


class RefusalLog:
    """Says each reason once a minute for each run, so that nobody can fill the log."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._said: dict[tuple[str | None, Reason], float] = {}

    def note(self, refused: Refused) -> None:
        """Log it, unless the like was logged within the last minute."""
        now = self._clock()
        key = (refused.run_id, refused.reason)
        said = self._said.get(key)
        if said is not None and now - said < _LOG_EVERY_SECONDS:
            return
        if len(self._said) >= _MOST_REMEMBERED:
            self._said.clear()
        self._said[key] = now
        whose = "a stranger" if refused.run_id is None else f"run {refused.run_id}"
        _log.warning("refused %s (%s): %s", whose, refused.reason, refused.message)
