"""Connections over TLS: a private certificate authority works, an unknown one is refused."""

import asyncio
import ssl
from collections.abc import AsyncIterator

import pytest
import trustme

from purreal import OpenFailed, SurrealDBConnectionPool
from purreal.testing import FakeServer


@pytest.fixture
def authority():
    return trustme.CA()


def echo(text, variables):
    return list(variables.values()) or [None]


async def pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest.fixture
async def secure_url(authority) -> AsyncIterator[str]:
    """A fake server behind TLS for localhost."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    async with FakeServer(respond=echo) as server:
        port = int(server.url.rsplit(":", 1)[1].split("/")[0])

        async def forward(reader, writer):
            behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(
                pump(reader, behind_writer), pump(behind_reader, writer), return_exceptions=True
            )

        front = await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context)
        yield f"wss://localhost:{front.sockets[0].getsockname()[1]}"
        front.close()


async def test_a_private_authority_given_as_ssl_context_is_trusted(secure_url, authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)

    async with SurrealDBConnectionPool(secure_url, min_size=2, ssl=context) as pool:
        await pool.query("RETURN 1")
        assert pool.stats().open == 2


async def test_large_messages_travel_whole_over_tls(secure_url, authority, lend):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    large = "x" * 3_000_000

    async with SurrealDBConnectionPool(secure_url, min_size=1, lend=lend, ssl=context) as pool:
        assert await pool.query("RETURN $large", {"large": large}) == large


async def test_an_unknown_authority_is_refused_with_the_reason(secure_url):
    pool = SurrealDBConnectionPool(secure_url, min_size=1)

    with pytest.raises(OpenFailed, match="certificate"):
        await pool.open(timeout=0.5)
