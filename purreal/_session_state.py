"""Owns which requests leave something behind in a server session; must not know connections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from purreal._errors import Outcome, is_server_error
from purreal._identifiers import as_uuid, transaction_id
from purreal._lasting_text import may_last

# Tried on SurrealDB 3.3.5 and on the embedded engine 3.2.4 (tests/wire keeps trying):
# * the RPC methods use, let, unset, signin, signup, authenticate, invalidate and reset change the
#   session, and `begin` leaves an open transaction in it;
# * inside a `query` text, LET and USE last to the end of that text, and a BEGIN without COMMIT is
#   refused ("Missing COMMIT statement"): nothing is left behind;
# * LIVE inside a text does last, and its notifications arrive on the socket;
# * `attach` makes one more session on the socket, which `detach` ends with all that is in it: its
#   transactions are undone, its live queries end without a notification;
# * the RPC `reset` drops user, namespace, database, variables, transactions and live queries, so
#   that the session is anonymous and has to be authenticated and told its database again.
_STATELESS_METHODS = frozenset(
    {
        "ping",
        "version",
        "info",
        "select",
        "create",
        "update",
        "upsert",
        "merge",
        "patch",
        "delete",
        "insert",
        "insert_relation",
        "relate",
        "run",
        # Transactions are counted one by one, see TransactionLedger.
        "begin",
        "commit",
        "cancel",
    }
)


_ENDS = frozenset({"commit", "cancel"})


def may_change_session(method: str, params: Sequence[Any]) -> bool:
    """Tell whether the next user of the session could see a difference after this request.

    Errs on the side of True: a false alarm costs one reset, a miss would leak state.
    """
    if method == "query":
        text = params[0] if params else ""
        return not isinstance(text, str) or may_last(text)
    return method not in _STATELESS_METHODS


def begins_or_ends(method: str) -> bool:
    """Tell whether a request begins or ends a transaction."""
    return method == "begin" or method in _ENDS


class TransactionLedger:
    """The transactions of one lease: begun by the RPC `begin`, ended by `commit` or `cancel`.

    Attributes:
        open: ids of those not ended, in the order of their beginning, with the attached session
            that each was begun in; None for the one that belongs to the lease.
        uncertain: True when a `begin` was sent whose answer the borrower did not get, so that
            there may be an open transaction nobody knows the id of.
    """

    def __init__(self) -> None:
        self.open: dict[UUID, UUID | None] = {}
        self.uncertain = False

    @property
    def is_clear(self) -> bool:
        """True when certainly no transaction is open."""
        return not self.open and not self.uncertain

    def own(self, transaction: Any) -> UUID:
        """Return the id of a transaction of this lease, and of any other one an id that nobody has.

        On a socket that others use as well the server would find theirs; so it says in its own
        words that there is none. What is no id at all it would answer without naming the request,
        which ends the socket for everybody.
        """
        own = as_uuid(transaction)
        return own if own is not None and own in self.open else uuid4()

    def own_end(self, method: str, params: list[Any]) -> list[Any]:
        """The parameters of a request, which may end a transaction only if it is an `own` one."""
        return [self.own(params[0]), *params[1:]] if method in _ENDS and params else params

    def after(
        self, method: str, params: Sequence[Any], result: Any, session: UUID | None = None
    ) -> None:
        """Note a request that the server answered."""
        if method == "begin":
            transaction = transaction_id(result)
            if transaction is None:
                self.uncertain = True
            else:
                self.open[transaction] = session
        elif method in _ENDS:
            self._forget(method, params)
        elif method == "detach":
            self.open = {each: of for each, of in self.open.items() if of != session}

    def failed(self, method: str, params: Sequence[Any], outcome: Outcome | None) -> None:
        """Note a request that ended otherwise; `outcome` None means a cancelled caller."""
        if method == "begin" and outcome in (None, Outcome.UNKNOWN):
            self.uncertain = True
        elif outcome is Outcome.REJECTED:
            # A conflict at `commit` ends the transaction too, and to cancel it again is an error.
            self._forget(method, params)

    def _forget(self, method: str, params: Sequence[Any]) -> None:
        if method in _ENDS and params:
            transaction = transaction_id(params[0])
            if transaction is not None:
                self.open.pop(transaction, None)

    def clear(self) -> None:
        """Forget all: the session has been reset."""
        self.open.clear()
        self.uncertain = False


# SurrealDB 2 has no details, only words; a borrower's own can be in any longer text.
_EXPIRED_IN_2 = frozenset(
    {
        "The session has expired",
        "There was a problem with the database: The session has expired",
    }
)


def is_session_expired(error: BaseException) -> bool:
    """Tell whether a server refused a request since the session had lived for its DURATION."""
    details = getattr(error, "details", None)
    if not isinstance(details, dict):
        return is_server_error(error) and str(error) in _EXPIRED_IN_2
    # NotAllowed → Auth → SessionExpired, as 3.3.5 answers.
    inner = details.get("details")
    return isinstance(inner, dict) and inner.get("kind") == "SessionExpired"
