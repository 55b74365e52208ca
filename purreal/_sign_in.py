"""Owns the one sign-in and the token that all connections share; must not know transports."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from typing import Any

from purreal._credentials import Credentials
from purreal._errors import AuthenticationFailed, is_server_error

Call = Callable[[str, list[Any]], Awaitable[Any]]
"""Makes one RPC request on the connection that is to be authenticated; returns its result."""

# A password is verified with Argon2, which costs the server 30-50 ms of a core: connections that
# come back together after an outage must not turn that into an attack.
_SIGN_IN_SPACING_SECONDS = 1.0

# A token is given up this long before its end; a short-lived one after 9/10 of its life.
_REFRESH_MARGIN_SECONDS = 60.0


class SharedSignIn:
    """Authenticates connections: by password at most once a second, else by the shared token.

    Args:
        credentials: who to be.
        namespace: the pool's namespace, where the credentials name none.
        database: the pool's database, likewise.
        endpoint: for messages.
    """

    def __init__(
        self,
        credentials: Credentials,
        namespace: str | None,
        database: str | None,
        endpoint: str,
    ) -> None:
        self.count = 0
        self._credentials = credentials
        self._parameters = credentials.sign_in_parameters(namespace, database)
        self._endpoint = endpoint
        self._turn = asyncio.Lock()
        self._token: str | None = None
        self._refresh_at: float | None = None
        self._last_attempt: float | None = None
        self._refusal: str | None = None

    async def authenticate(self, call: Call) -> None:
        """Make the connection behind `call` belong to the configured user.

        Raises:
            AuthenticationFailed: the server refused the user, now or less than a second ago.
            RequestError: the connection was lost.
        """
        token = self._fresh_token()
        if token is not None and await self._present(token, call):
            return
        async with self._turn:
            # Whoever waited for a turn finds what the one before brought home.
            newer = self._fresh_token()
            if newer is None or newer == token:
                await self._sign_in(call)
                return
        if not await self._present(newer, call):
            raise self._failure("the server refused the token that it had just issued")

    def _fresh_token(self) -> str | None:
        now = asyncio.get_running_loop().time()
        if self._refresh_at is not None and now >= self._refresh_at:
            self._token = None
        return self._token

    async def _present(self, token: str, call: Call) -> bool:
        try:
            await call("authenticate", [token])
        except Exception as error:
            if not is_server_error(error):
                raise
            # Expired, or signed by a server that has been replaced since: back to the password.
            if self._token == token:
                self._token = None
            return False
        return True

    async def _sign_in(self, call: Call) -> None:
        await self._space_out()
        loop = asyncio.get_running_loop()
        self._last_attempt = started = loop.time()
        self._refusal = None
        self.count += 1
        try:
            answer = await call("signin", [self._parameters])
        except Exception as error:
            if not is_server_error(error):
                raise
            self._refusal = str(error)
            # `from None`: the error's context would hold the request and with it the password.
            raise self._failure(self._refusal) from None
        self._token = _access_token(answer)
        self._refresh_at = _refresh_time(self._token, started)

    async def _space_out(self) -> None:
        if self._last_attempt is None:
            return
        since = asyncio.get_running_loop().time() - self._last_attempt
        if since < _SIGN_IN_SPACING_SECONDS:
            if self._refusal is not None:
                raise self._failure(self._refusal)
            await asyncio.sleep(_SIGN_IN_SPACING_SECONDS - since)

    def _failure(self, said: str) -> AuthenticationFailed:
        return AuthenticationFailed(
            f"{self._endpoint} refused {self._credentials.describe()}: {said.rstrip('.')}. Check"
            f" the name, the password and the level ({self._credentials.level}) of the user",
            endpoint=self._endpoint,
        )


def _access_token(answer: Any) -> str | None:
    # Text; or, for an access method WITH REFRESH, an object that also holds the refresh token.
    token = answer.get("access") if isinstance(answer, dict) else answer
    return token if isinstance(token, str) else None


def _refresh_time(token: str | None, issued: float) -> float | None:
    """Say when, on the loop's clock, to stop using `token`; None: when the server says so.

    The life time is ``exp - iat`` of the JSON Web Token's payload (RFC 7519 §4.1), which makes
    differences between the server's clock and ours irrelevant. It is not verified: only the
    server's own refusal decides anything.
    """
    payload = _token_payload(token)
    expires, created = payload.get("exp"), payload.get("iat")
    if not isinstance(expires, int | float) or not isinstance(created, int | float):
        return None
    life = max(0.0, float(expires - created))
    return issued + max(life - _REFRESH_MARGIN_SECONDS, 0.9 * life)


def _token_payload(token: str | None) -> dict[str, Any]:
    parts = (token or "").split(".")
    if len(parts) != 3:
        return {}
    encoded = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        payload = json.loads(base64.urlsafe_b64decode(encoded))
    except (binascii.Error, ValueError):
        return {}
    return payload if isinstance(payload, dict) else {}
