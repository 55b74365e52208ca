"""Owns the one sign-in and the token that all connections share; must not know transports."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
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

    # What holds a secret (the parameters, the token) is never a variable of a function that can
    # raise: tools that show the variables of tracebacks (Sentry, rich, pytest -l) would show it.

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
        self._shared: _Shared | None = None

    async def authenticate(self, call: Call) -> None:
        """Make the connection behind `call` belong to the configured user.

        Raises:
            AuthenticationFailed: the server refused the user, now or less than a second ago.
            RequestError: the connection was lost.
        """
        shared = self._shared_in_this_loop()
        token = shared.fresh_token()
        if token is not None and await self._present(token, call, shared):
            return
        async with shared.turn:
            # Whoever waited for a turn finds what the one before brought home.
            newer = shared.fresh_token()
            if newer is None or newer is token:
                await self._sign_in(call, shared)
                return
        if not await self._present(newer, call, shared):
            raise self._failure("the server refused the token that it had just issued")

    def _shared_in_this_loop(self) -> _Shared:
        loop = asyncio.get_running_loop()
        if self._shared is None or self._shared.loop is not loop:
            # The first connection, or a pool that is opened again by another `asyncio.run`.
            self._shared = _Shared(loop)
        return self._shared

    async def _present(self, token: _Token, call: Call, shared: _Shared) -> bool:
        try:
            await _without_trace(call, "authenticate", lambda: token.text)
        except Exception as error:
            if not is_server_error(error):
                raise
            # Expired, or signed by a server that has been replaced since: back to the password.
            if shared.token is token:
                shared.token = None
            return False
        return True

    async def _sign_in(self, call: Call, shared: _Shared) -> None:
        await self._space_out(shared)
        shared.last_attempt = shared.loop.time()
        shared.refusal = None
        self.count += 1
        try:
            answer = await _without_trace(call, "signin", lambda: self._parameters)
        except Exception as error:
            if not is_server_error(error):
                raise
            shared.refusal = str(error)
            raise self._failure(shared.refusal) from None
        shared.token = _token_of(answer, shared.last_attempt)

    async def _space_out(self, shared: _Shared) -> None:
        if shared.last_attempt is None:
            return
        since = shared.loop.time() - shared.last_attempt
        if since < _SIGN_IN_SPACING_SECONDS:
            if shared.refusal is not None:
                raise self._failure(shared.refusal)
            await asyncio.sleep(_SIGN_IN_SPACING_SECONDS - since)

    def _failure(self, said: str) -> AuthenticationFailed:
        return AuthenticationFailed(
            f"{self._endpoint} refused {self._credentials.describe()}: {said.rstrip('.')}. Check"
            f" the name, the password and the level ({self._credentials.level}) of the user",
            endpoint=self._endpoint,
        )


class _Token:
    """A token and when to give it up, without a `repr` that would show it."""

    __slots__ = ("refresh_at", "text")

    def __init__(self, text: str, refresh_at: float | None) -> None:
        self.text = text
        self.refresh_at = refresh_at


@dataclass(slots=True, eq=False)
class _Shared:
    """What the connections of one event loop share: a lock of that loop, times on its clock."""

    loop: asyncio.AbstractEventLoop
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    token: _Token | None = None
    last_attempt: float | None = None
    refusal: str | None = None

    def fresh_token(self) -> _Token | None:
        refresh_at = None if self.token is None else self.token.refresh_at
        if refresh_at is not None and self.loop.time() >= refresh_at:
            self.token = None
        return self.token


async def _without_trace(call: Call, method: str, secret: Callable[[], Any]) -> Any:
    """Make a request whose errors lead to no variable that holds its secret parameter.

    Its frames, and those of the errors behind it, are dropped; the message says all there is to
    say. A cancellation becomes the cause of a `TimeoutError` and is stripped as well.
    """
    try:
        return await call(method, [secret()])
    except BaseException as error:
        error.__cause__ = error.__context__ = None
        raise error.with_traceback(None)  # noqa: B904 (it is the same error)


def _token_of(answer: Any, issued: float) -> _Token | None:
    # Text; or, for an access method WITH REFRESH, an object that also holds the refresh token.
    text = answer.get("access") if isinstance(answer, dict) else answer
    return _Token(text, _refresh_time(text, issued)) if isinstance(text, str) else None


def _refresh_time(token: str, issued: float) -> float | None:
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


def _token_payload(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    encoded = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        payload = json.loads(base64.urlsafe_b64decode(encoded))
    except (binascii.Error, ValueError):
        return {}
    return payload if isinstance(payload, dict) else {}
