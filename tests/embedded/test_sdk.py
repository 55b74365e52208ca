"""The official SDK as a client, on the embedded engine and on the real server."""

from typing import Any

import pytest
from surrealdb import AsyncSurreal, RecordID
from surrealdb.errors import NotAllowedError, ServerError

from purreal_runner.embedded.launch import RunningTarget


async def test_the_official_client_works(target: RunningTarget) -> None:
    async with AsyncSurreal(target.url) as database:
        await database.signin({"username": target.username, "password": target.password})
        await database.use("sdk", "test")
        await database.query("REMOVE TABLE IF EXISTS person")
        created: Any = await database.create("person:1", {"name": "Ada", "tags": ["a", "b"]})
        assert created["id"] == RecordID("person", 1)
        assert await database.query("RETURN $x + 1", {"x": 1}) == 2
        found: Any = await database.select("person")
        assert [person["name"] for person in found] == ["Ada"]
        with pytest.raises(ServerError, match="already exists"):
            await database.create("person:1", {})
        assert await database.version() == target.version


async def test_the_official_client_is_told_about_a_wrong_password(target: RunningTarget) -> None:
    async with AsyncSurreal(target.url) as database:
        with pytest.raises(NotAllowedError):
            await database.signin({"username": target.username, "password": "wrong"})
