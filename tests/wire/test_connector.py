"""The way to a ready connection: steps, errors in words, cancellation at each await."""

import asyncio
import traceback

import pytest

from purreal._connector import USE_PAUSES, WebSocketConnector
from purreal._credentials import Credentials
from purreal._errors import AuthenticationFailed, ConfigurationError, Unreachable
from purreal.testing import OK, SILENCE, Answer, ScriptedServer, Step, fails

pytestmark = pytest.mark.looptime

PASSWORD = "correct horse battery staple"
REFUSED = Answer(
    error={
        "code": -32002,
        "kind": "NotAllowed",
        "message": "There was a problem with authentication",
        "details": {"kind": "Auth", "details": {"kind": "InvalidAuth"}},
    }
)


@pytest.fixture
def server() -> ScriptedServer:
    server = ScriptedServer()
    server.answer("signin", then=Answer("a.b.c"))
    return server


@pytest.fixture
def make(server, lend):
    def connector(**parameters):
        defaults = {
            "credentials": Credentials("app", PASSWORD),
            "namespace": "shop",
            "database": "checkout",
            "connect_timeout": 10.0,
            "lend": lend,
            "open_transport": server.open_transport,
        }
        return WebSocketConnector("ws://db:8000", **(defaults | parameters))

    return connector


def asked(server):
    """The requests of the set-up, however the session came to be."""
    return [request for request in server.requests if request != ("attach", [])]


async def test_a_connection_is_signed_in_and_in_its_database(make, server):
    connection = await make().connect()

    assert connection.usable
    assert not connection.dirty
    assert asked(server) == [
        ("signin", [{"user": "app", "pass": PASSWORD}]),
        ("use", ["shop", "checkout"]),
    ]


@pytest.mark.parametrize(
    ("parameters", "methods"),
    [
        ({"credentials": None}, ["use"]),
        ({"namespace": None, "database": None}, ["signin"]),
        ({"credentials": None, "namespace": None, "database": None}, []),
    ],
)
async def test_what_is_not_configured_is_not_asked_for(make, server, parameters, methods):
    await make(**parameters).connect()

    assert [method for method, _ in asked(server)] == methods


async def test_a_namespace_alone_selects_no_database(make, server):
    await make(database=None).connect()

    assert server.requests[-1] == ("use", ["shop", None])


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "refused"), "nothing listens on port 8000"),
        (OSError("Multiple exceptions: [Errno 111] a, [Errno 111] b"), "nothing listens"),
        (ConnectionResetError("reset"), "hung up"),
        (OSError(113, "No route to host"), "No route to host"),
    ],
)
async def test_an_unreachable_server_is_explained(make, server, error, words):
    server.script(opening=(fails(error),))

    with pytest.raises(Unreachable, match=words) as caught:
        await make().connect()

    assert caught.value.endpoint == "ws://db:8000/rpc"
    assert caught.value.__cause__ is error


async def test_a_wrong_password_names_who_where_and_what_to_try(make, server):
    server.answer("signin", REFUSED)

    with pytest.raises(AuthenticationFailed) as caught:
        await make().connect()

    message = str(caught.value)
    for part in ("ws://db:8000/rpc", "root user 'app'", "problem with authentication", "Check"):
        assert part in message
    assert server.open == 0


COLLISION = Answer(
    error={
        "code": -32000,
        "kind": "Query",
        "message": "Transaction conflict: Write conflict. This transaction can be retried",
        "details": {"kind": "TransactionConflict"},
    }
)
COLLISION_OF_2_X = Answer(
    error={
        "code": -32000,
        "message": "There was a problem with the database: Failed to commit transaction due to a"
        " read or write conflict. This transaction can be retried",
    }
)


@pytest.mark.parametrize("collision", [COLLISION, COLLISION_OF_2_X], ids=["3.x", "2.x"])
async def test_who_collides_in_making_a_new_database_tries_again(make, server, collision):
    server.answer("use", collision, collision)

    connection = await make().connect()

    assert connection.usable
    assert [method for method, _ in asked(server)] == ["signin", "use", "use", "use"]


async def test_collisions_without_end_are_no_refusal(make, server):
    server.answer("use", then=COLLISION)

    with pytest.raises(Unreachable, match="conflict"):
        await make().connect()

    assert [method for method, _ in asked(server)].count("use") == 1 + len(USE_PAUSES)
    assert server.open == 0


async def test_a_database_that_is_refused_is_an_authentication_failure(make, server):
    server.answer("use", Answer(error={"code": -32000, "kind": "NotAllowed", "message": "not you"}))

    with pytest.raises(AuthenticationFailed, match=r"'shop'.*'checkout'.*not you"):
        await make().connect()

    assert server.open == 0


async def test_a_server_that_drops_the_connection_during_set_up_is_unreachable(make, server):
    server.answer("use", Answer(loss=ConnectionResetError("by peer")))

    with pytest.raises(Unreachable, match="by peer"):
        await make().connect()


STEPS = ["opening", "signin", "use"]


def silence(server, step):
    if step == "opening":
        server.script(opening=(Step(seconds=None),))
    else:
        server.answer(step, SILENCE)


@pytest.mark.parametrize("step", STEPS)
async def test_the_connect_timeout_covers_each_step(make, server, step):
    silence(server, step)
    clock = asyncio.get_running_loop().time
    started = clock()

    with pytest.raises(Unreachable, match="within 10 s"):
        await make().connect()

    assert clock() - started == pytest.approx(10.0, abs=0.1)
    assert server.open == 0


@pytest.mark.parametrize("step", STEPS)
async def test_a_connect_cancelled_at_any_step_leaves_no_socket(make, server, step):
    silence(server, step)
    connector = make()
    connecting = asyncio.create_task(connector.connect())
    await asyncio.sleep(0.1)

    connecting.cancel()
    await asyncio.wait({connecting})

    assert connecting.cancelled()
    assert server.open == 0
    # And the connector works on: no lock is left taken, no half-made token.
    connection = await connector.connect()
    assert connection.usable


@pytest.mark.parametrize("turns", range(20))
async def test_a_connect_cancelled_after_any_number_of_turns_leaves_no_socket(make, server, turns):
    connecting = asyncio.create_task(make().connect())
    for _ in range(turns):
        await asyncio.sleep(0)

    connecting.cancel()
    await asyncio.wait({connecting})
    if not connecting.cancelled():
        connecting.result().abort()

    assert server.open == 0


def everything_said(error):
    """Collect what a user may see of the error: its texts and those behind it."""
    texts = []
    seen: BaseException | None = error
    while seen is not None:
        texts += [str(seen), repr(seen), repr(seen.args), repr(vars(seen))]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return " ".join(texts)


def everything_shown(error):
    """Collect what tools show of a traceback that print the variables of its frames."""
    shown = "".join(
        traceback.TracebackException.from_exception(error, capture_locals=True).format()
    )
    behind = error.__cause__ or error.__context__
    # Also what the chain suppresses: not every tool heeds that.
    return shown + (everything_shown(behind) if behind else "")


ENDS = {
    "refused": REFUSED,
    "silence": SILENCE,
    "loss": Answer(loss=ConnectionResetError("gone")),
    "rubbish": Answer(raw=b"\xff"),
}
TOKEN = "h.secret-token.s"


@pytest.fixture
def shared_token(server):
    server.answer("signin", Answer(TOKEN))


@pytest.mark.parametrize("answer", ENDS.values(), ids=ENDS)
async def test_no_error_carries_the_password(make, server, answer):
    server.answer("signin", answer)
    connector = make()

    with pytest.raises((AuthenticationFailed, Unreachable)) as caught:
        await connector.connect()

    assert PASSWORD not in everything_said(caught.value)
    assert PASSWORD not in everything_shown(caught.value)
    assert PASSWORD not in repr(connector) + repr(Credentials("app", PASSWORD))


async def test_no_cancellation_carries_the_password(make, server):
    server.answer("signin", SILENCE)

    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(1.0):
            await make().connect()

    assert PASSWORD not in everything_shown(caught.value)


async def test_no_sending_that_fails_carries_the_password(make, server, lend):
    before = (OK,) if lend == "session" else ()  # for the attach
    server.script(sending=(*before, fails(OSError("broken pipe"))))

    with pytest.raises(Unreachable, match="broken pipe") as caught:
        await make().connect()

    assert PASSWORD not in everything_shown(caught.value)


async def test_a_password_that_can_not_be_written_is_not_shown(make):
    with pytest.raises(Unreachable, match="not sent") as caught:
        await make(credentials=Credentials("app", PASSWORD + "\udcff")).connect()

    assert PASSWORD not in everything_said(caught.value) + everything_shown(caught.value)


@pytest.mark.parametrize("given", [("app", PASSWORD), f"app:{PASSWORD}"], ids=["pair", "text"])
async def test_credentials_of_another_kind_are_refused_at_the_door_and_not_shown(make, given):
    with pytest.raises(ConfigurationError, match=r"must be Credentials\(") as caught:
        make(credentials=given)

    assert PASSWORD not in everything_said(caught.value)


async def test_a_refusal_is_raised_without_the_request_behind_it(make, server):
    server.answer("signin", REFUSED)

    with pytest.raises(AuthenticationFailed) as caught:
        await make().connect()

    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("answer", [ENDS["silence"], ENDS["loss"], ENDS["rubbish"]])
async def test_no_error_carries_the_token(make, server, shared_token, answer):
    connector = make()
    await connector.connect()
    server.answer("authenticate", answer)

    with pytest.raises(Unreachable) as caught:
        await connector.connect()

    assert TOKEN not in everything_said(caught.value) + everything_shown(caught.value)
