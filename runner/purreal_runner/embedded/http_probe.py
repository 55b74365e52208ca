"""One plain HTTP question to a server on this machine; knows no databases."""

import asyncio
from contextlib import suppress


async def http_get(host: str, port: int, path: str) -> str | None:
    """The body of a 200 answer, None for any other answer or none at all."""
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return None
    try:
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        answer = (await reader.read()).decode(errors="replace")
    except OSError:
        return None
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    head, _, body = answer.partition("\r\n\r\n")
    return body if head.split(" ")[1:2] == ["200"] else None
