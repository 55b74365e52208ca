"""Owns the order of the page: its sections, each with its rows."""

from collections.abc import Mapping

from tests.compatibility.comparing import Rows
from tests.compatibility.lease_snippets import LEASE
from tests.compatibility.live_snippets import LIVE
from tests.compatibility.query_snippets import QUERIES, RECORDS
from tests.compatibility.session_snippets import SESSION, SESSIONS, TRANSACTIONS
from tests.compatibility.value_snippets import VALUES

SECTIONS: Mapping[str, Rows] = {
    "Queries": QUERIES,
    "Records": RECORDS,
    "User, database, variables": SESSION,
    "More sessions": SESSIONS,
    "Transactions over several requests": TRANSACTIONS,
    "Live queries": LIVE,
    "Values": VALUES,
    "The connection itself": LEASE,
}
