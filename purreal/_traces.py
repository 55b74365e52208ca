"""Owns what a borrower may leave behind in a server session, to be undone; must not send."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from purreal._belongings import Belongings, may_start_live_queries
from purreal._errors import Outcome, outcome_of
from purreal._live import LiveQueries
from purreal._session_state import (
    TransactionLedger,
    begins_or_ends,
    is_session_expired,
    may_change_session,
)


def may_leave_traces(method: str, params: Sequence[Any]) -> bool:
    """Tell whether a request has to be noted; most leave nothing behind and need not pay for it."""
    return may_change_session(method, params) or begins_or_ends(method)


class Traces:
    """What the requests of one lease have left behind so far.

    Attributes:
        changed: the next borrower might see a difference.
        transactions: those that are open.
        belongings: further sessions, and live queries.
    """

    __slots__ = ("belongings", "changed", "transactions")

    def __init__(self) -> None:
        self.changed = False
        self.transactions = TransactionLedger()
        self.belongings = Belongings()

    @property
    def are_none(self) -> bool:
        """Whether the next borrower finds what this one found."""
        return not self.changed and self.transactions.is_clear

    def before(self, method: str, session: UUID | None, live_queries: LiveQueries) -> None:
        """Note a request for which `may_leave_traces`, before it is sent; `ended` must follow."""
        if not begins_or_ends(method):
            # Now, and not when it is answered: nobody may hear of the answer.
            self.changed = True
            self.belongings.before(method, session)
        if may_start_live_queries(method):
            live_queries.begin_start()

    def after(
        self,
        method: str,
        params: Sequence[Any],
        result: Any,
        session: UUID | None,
        live_queries: LiveQueries,
    ) -> None:
        """Note that the server carried it out."""
        self.transactions.after(method, params, result, session)
        self.belongings.after(method, params, result, session, live_queries)

    def ended(self, method: str, live_queries: LiveQueries) -> None:
        """Note that it has ended in whatever way; after `after`."""
        if may_start_live_queries(method):
            live_queries.end_start()

    def failed(
        self, method: str, params: Sequence[Any], session: UUID | None, error: BaseException
    ) -> None:
        """Note that a request, of whatever kind, failed or was cancelled."""
        outcome = outcome_of(error)
        if outcome is Outcome.REJECTED:
            self.belongings.refused(method, session)
        self.transactions.failed(method, params, outcome)
        if is_session_expired(error) or (
            outcome is Outcome.REJECTED and method in ("commit", "cancel")
        ):
            # Only a new authentication helps, and a reset brings one. And whether a transaction
            # is over whose end was refused depends on why: a reset ends those that are not.
            self.changed = True

    def clear(self) -> None:
        """Forget all: the session has been reset."""
        self.changed = False
        self.transactions.clear()
