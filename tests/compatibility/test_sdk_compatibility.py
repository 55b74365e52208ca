"""Each row of docs/sdk-compatibility.md: the same snippet through the SDK and through a lease."""

import asyncio
import inspect
from typing import Any

import generate_compatibility
import pytest
from surrealdb import AsyncSurrealSession, AsyncSurrealTransaction
from surrealdb.connections.async_ws import AsyncWsSurrealConnection

from purreal import Lease
from tests.compatibility.comparing import (
    Outcome,
    Raised,
    Returned,
    Row,
    Snippet,
    Stage,
    is_as_expected,
    typed,
)
from tests.compatibility.sections import SECTIONS

ROWS = [row for rows in SECTIONS.values() for row in rows]
PATIENCE_SECONDS = 10.0


async def outcome_of(snippet: Snippet, subject: Any, stage: Stage) -> Outcome:
    """Run a snippet to its end, in a task of its own: the SDK cancels callers now and then."""
    task = asyncio.ensure_future(snippet(subject, stage))
    _, late = await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
    if late:
        task.cancel()
        await asyncio.wait({task})
        return Raised("TimeoutError", f"not over within {PATIENCE_SECONDS} s")
    if task.cancelled():
        return Raised("CancelledError", "")
    error = task.exception()
    return Returned(task.result()) if error is None else Raised.by(error)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.members[0]}: {row.name}")
async def test_a_lease_does_what_the_page_says(row: Row, target, open_sdk, open_lease) -> None:
    if row.on_server_only and target.kind == "embedded":
        await expect_refusal(row, open_sdk, open_lease)
        return
    async with open_sdk() as (connection, stage):
        sdk = await outcome_of(row.snippet, connection, stage)
    async with open_lease() as (lease, stage):
        ours = await outcome_of(row.snippet, lease, stage)

    if row.sdk is None or row.lease is None:
        assert typed_outcome(ours) == typed_outcome(sdk)
    else:
        assert is_as_expected(sdk, row.sdk), sdk
        assert is_as_expected(ours, row.lease), ours


async def expect_refusal(row: Row, open_sdk, open_lease) -> None:
    """What an engine lacks, it lacks through both, with the same error."""
    async with open_sdk() as (connection, stage):
        sdk = await outcome_of(row.snippet, connection, stage)
    async with open_lease() as (lease, stage):
        ours = await outcome_of(row.snippet, lease, stage)

    assert isinstance(ours, Raised), ours
    assert row.difference is not None or ours == sdk


def typed_outcome(outcome: Outcome) -> Any:
    return ("returned", typed(outcome.value)) if isinstance(outcome, Returned) else outcome


def public(names: Any) -> set[str]:
    return {name for name in names if not name.startswith("_")}


def test_every_member_of_the_sdk_has_a_row() -> None:
    members = {member for row in ROWS for member in row.members}
    wanted = public(dir(AsyncWsSurrealConnection)) | public(
        vars(AsyncWsSurrealConnection("ws://localhost"))
    )
    wanted |= {f"session.{name}" for name in public(dir(AsyncSurrealSession))}
    wanted |= {f"transaction.{name}" for name in public(dir(AsyncSurrealTransaction))}

    assert wanted - members == set()
    assert members - wanted == {"run"}


@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name in public(dir(AsyncWsSurrealConnection))
        if not name.startswith("check_response_for_")
    ),
)
def test_a_method_takes_the_arguments_of_the_sdk_s(name: str) -> None:
    ours = inspect.signature(getattr(Lease, name)).parameters.values()
    sdks = inspect.signature(getattr(AsyncWsSurrealConnection, name)).parameters.values()

    assert [(each.name, each.kind, each.default) for each in ours] == [
        (each.name, each.kind, each.default) for each in sdks
    ]


def test_the_page_has_these_rows() -> None:
    assert generate_compatibility.PAGE.read_text(encoding="utf-8") == generate_compatibility.page()


def test_no_two_rows_have_one_name() -> None:
    names = [(row.members[0], row.name) for row in ROWS]

    assert len(set(names)) == len(names)
