"""One sign-in for all connections: single flight, token life, refusals, spacing."""

import asyncio
import base64
import json

import pytest
from surrealdb import errors

from purreal import _codec
from purreal._credentials import Credentials
from purreal._errors import AuthenticationFailed, ConnectionLost
from purreal._sign_in import SharedSignIn

pytestmark = pytest.mark.looptime


def token(serial: int = 1, **payload) -> str:
    body = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return f"head.{body}.{serial}"


def hour_token(serial: int) -> str:
    return token(serial, iat=1_000_000, exp=1_003_600)


def refusal(kind="InvalidAuth"):

    details = {"kind": "Auth", "details": {"kind": kind}}
    return errors.NotAllowedError("NotAllowed", "no entry", details=details)


class Server:
    """Counts sign-ins and knows which tokens it would take."""

    def __init__(self) -> None:
        _codec.load()
        self.log: list[str] = []
        self.valid: set[str] = set()
        self.issue = hour_token
        self.sign_in_seconds = 0.05
        self.password_ok = True
        self.lose_next_sign_in = False

    @property
    def sign_ins(self) -> int:
        return self.log.count("signin")

    async def call(self, method, params):
        self.log.append(method)
        if method == "authenticate":
            await asyncio.sleep(0.001)
            if params[0] not in self.valid:
                raise refusal("TokenExpired")
            return None
        await asyncio.sleep(self.sign_in_seconds)
        if self.lose_next_sign_in:
            self.lose_next_sign_in = False
            raise ConnectionLost("gone")
        if not self.password_ok:
            raise refusal()
        issued = self.issue(self.sign_ins)
        self.valid.add(issued if isinstance(issued, str) else issued.get("access", ""))
        return issued


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def sign_in() -> SharedSignIn:
    return SharedSignIn(Credentials("app", "s3cret"), None, None, "ws://db/rpc")


async def test_many_connections_at_once_cost_one_sign_in(server, sign_in):
    await asyncio.gather(*(sign_in.authenticate(server.call) for _ in range(50)))

    assert (sign_in.count, server.sign_ins) == (1, 1)
    assert server.log.count("authenticate") == 49


async def test_an_object_with_access_and_refresh_tokens_is_understood(server, sign_in):
    server.issue = lambda serial: {"access": hour_token(serial), "refresh": "r"}

    await sign_in.authenticate(server.call)
    await sign_in.authenticate(server.call)

    assert server.log == ["signin", "authenticate"]


@pytest.mark.parametrize(
    ("life", "still_good", "given_up"), [(3600, 3539.0, 3541.0), (10, 8.9, 9.1)]
)
async def test_a_token_is_replaced_before_it_expires(server, sign_in, life, still_good, given_up):
    server.issue = lambda serial: token(serial, iat=500, exp=500 + life)
    server.sign_in_seconds = 0.0
    await sign_in.authenticate(server.call)

    await asyncio.sleep(still_good)
    await sign_in.authenticate(server.call)
    count_before = sign_in.count
    await asyncio.sleep(given_up - still_good)
    await asyncio.gather(*(sign_in.authenticate(server.call) for _ in range(10)))

    assert (count_before, sign_in.count) == (1, 2)


@pytest.mark.parametrize(
    "issued",
    ["no.dots", "a.b.c", "a.!!!.c", token(), token(exp="soon", iat=0), token(exp=5), "x.W10.y"],
)
async def test_a_token_of_unknown_life_is_used_until_it_is_refused(server, sign_in, issued):
    server.issue = lambda serial: issued
    await sign_in.authenticate(server.call)

    await asyncio.sleep(100_000)
    await sign_in.authenticate(server.call)

    assert sign_in.count == 1


async def test_a_refused_token_costs_one_fresh_sign_in_for_all(server, sign_in):
    await sign_in.authenticate(server.call)
    await asyncio.sleep(60)
    server.valid.clear()

    await asyncio.gather(*(sign_in.authenticate(server.call) for _ in range(20)))

    assert sign_in.count == 2


async def test_a_server_without_tokens_is_signed_in_to_once_a_second(server, sign_in):
    server.issue = lambda serial: {}
    clock = asyncio.get_running_loop().time
    started = clock()

    for _ in range(4):
        await sign_in.authenticate(server.call)

    assert sign_in.count == 4
    assert clock() - started >= 3.0


async def test_a_wrong_password_is_tried_once_a_second_and_told_to_all(server, sign_in):
    server.password_ok = False

    async def attempt():
        with pytest.raises(AuthenticationFailed, match="no entry"):
            await sign_in.authenticate(server.call)

    await asyncio.gather(*(attempt() for _ in range(16)))
    within_a_second = sign_in.count
    await asyncio.sleep(1.0)
    await attempt()

    assert (within_a_second, sign_in.count) == (1, 2)


async def test_a_corrected_password_works_after_the_pause(server, sign_in):
    server.password_ok = False
    with pytest.raises(AuthenticationFailed):
        await sign_in.authenticate(server.call)
    server.password_ok = True

    await asyncio.sleep(1.0)
    await sign_in.authenticate(server.call)

    assert sign_in.count == 2


async def test_a_sign_in_that_was_lost_is_repeated_by_the_next_connection(server, sign_in):
    server.lose_next_sign_in = True
    others = [asyncio.create_task(sign_in.authenticate(server.call)) for _ in range(3)]

    results = await asyncio.gather(*others, return_exceptions=True)

    assert [type(result) for result in results] == [ConnectionLost, type(None), type(None)]
    assert sign_in.count == 2


def test_the_next_event_loop_has_a_lock_and_times_of_its_own(server):
    sign_in = SharedSignIn(Credentials("app", "s3cret"), None, None, "ws://db/rpc")
    server.sign_in_seconds = 0.001

    async def connect_three():
        await asyncio.gather(*(sign_in.authenticate(server.call) for _ in range(3)))

    asyncio.run(connect_three())
    server.valid.clear()
    asyncio.run(connect_three())

    assert server.log == ["signin", "authenticate", "authenticate"] * 2


async def test_a_cancelled_sign_in_passes_its_turn_on(server, sign_in):
    server.sign_in_seconds = 5.0
    first = asyncio.create_task(sign_in.authenticate(server.call))
    second = asyncio.create_task(sign_in.authenticate(server.call))
    await asyncio.sleep(1.0)

    first.cancel()
    await asyncio.wait({first, second})

    assert first.cancelled()
    assert second.exception() is None
    assert sign_in.count == 2
