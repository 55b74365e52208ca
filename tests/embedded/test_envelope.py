"""The bytes of requests and replies, without an engine."""

from typing import Any
from uuid import UUID, uuid4

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from purreal_runner.embedded.answers import INVALID_REQUEST, PARSE_ERROR
from purreal_runner.embedded.envelope import (
    Unreadable,
    for_client_session,
    read_request,
    session_entry,
    with_session,
    without_session,
)

SESSION = UUID("11111111-2222-4333-8444-555555555555")
ENTRY = session_entry(SESSION)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
MORE = st.dictionaries(
    st.sampled_from(["params", "version", "txn", "sessions", "attached", "\x7f"]) | st.text(),
    VALUES,
).map(lambda more: {key: value for key, value in more.items() if key not in ("id", "session")})


@given(identity=st.integers(0, 2**32) | st.text(), method=st.text(max_size=20), more=MORE)
def test_the_engine_sees_the_same_request_with_one_session(
    identity: Any, method: str, more: dict[str, Any]
) -> None:
    request = {**more, "id": identity, "method": method}
    seen = cbor2.loads(
        with_session(read_request(cbor2.dumps(request)), ENTRY), allow_duplicate_keys=False
    )
    assert seen == {**request, "session": SESSION}


@given(method=st.sampled_from(["query", "use", "attach", "sessions", "ping"]), more=MORE)
def test_the_method_is_found(method: str, more: dict[str, Any]) -> None:
    more.pop("method", None)
    assert read_request(cbor2.dumps({"id": 1, "method": method, **more})).method == method.encode()


@pytest.mark.parametrize("place", ["first", "last"])
def test_the_clients_session_is_read_and_replaced(place: str) -> None:
    named = uuid4()
    entry = {"session": cbor2.CBORTag(37, named.bytes)}
    request = {"id": 1, "method": "query"}
    frame = cbor2.dumps(entry | request if place == "first" else request | entry)
    read = read_request(frame)
    assert read.session == named.bytes
    assert cbor2.loads(with_session(read, ENTRY))["session"] == SESSION


def test_the_method_is_the_requests_own_whatever_its_parameters_call_so() -> None:
    frame = cbor2.dumps({"params": [{"method": "ping"}], "method": "use"})
    assert read_request(frame).method == b"use"


@pytest.mark.parametrize("entry", [{}, {"session": cbor2.CBORTag(37, uuid4().bytes)}], ids=len)
def test_parameters_need_have_no_value_in_python(entry: dict[str, Any]) -> None:
    date = b"\xc0" + cbor2.dumps("+262142-12-31T23:59:59Z")
    params = b"\x66params\x81" + date
    entries = cbor2.dumps({"id": 1, "method": "query", **entry})[1:]
    request = bytes((0xA3 + len(entry),)) + params + entries

    sent = with_session(read_request(request), ENTRY)

    assert params in sent
    assert cbor2.loads(sent.replace(date, b"\xf6")) == {
        "id": 1,
        "method": "query",
        "params": [None],
        "session": SESSION,
    }


@pytest.mark.parametrize("key", ["id", "method", "session"])
def test_an_entry_that_matters_may_be_there_but_once(key: str) -> None:
    values = {"id": 1, "method": "ping", "session": None}
    entries = cbor2.dumps(values)[1:] + cbor2.dumps({key: values[key]})[1:]
    with pytest.raises(Unreadable) as refused:
        read_request(b"\xa4" + entries)
    assert refused.value.answer == PARSE_ERROR


@pytest.mark.parametrize("key", [b"\x47session", b"\xc0\x67session", b"\x01"], ids=repr)
def test_keys_that_are_no_texts_are_refused(key: bytes) -> None:
    entries = cbor2.dumps({"id": 1, "method": "ping"})[1:]
    for data in (b"\xa3" + key + b"\xf6" + entries, b"\xa3" + entries + key + b"\xf6"):
        with pytest.raises(Unreadable):
            read_request(data)


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_get_the_session(data: bytes) -> None:
    try:
        answer = with_session(read_request(data), ENTRY)
    except Unreadable as unreadable:
        answer = unreadable.answer
    assert ENTRY in answer or answer in (PARSE_ERROR, INVALID_REQUEST)


@given(
    st.lists(
        st.sampled_from([b"\xa1", b"\xa3", b"\xbf", b"\xff", b"\x67session", b"\x66method"])
        | st.sampled_from([b"\xf6", b"\x64ping", b"\x00", b"\x7f", b"\x63ses\x64sion", b"\xc6"]),
        max_size=12,
    )
)
def test_no_bytes_make_a_request_with_another_session(parts: list[bytes]) -> None:
    try:
        sent = with_session(read_request(b"".join(parts)), ENTRY)
        seen = cbor2.loads(sent)  # the last one of equal keys wins, as in the engine
    except (Unreadable, cbor2.CBORDecodeError):
        return
    assert seen["session"] == SESSION


@pytest.mark.parametrize("identity", [{"id": 1}, {"id": "session"}, {}], ids=str)
@pytest.mark.parametrize("body", [{"result": 1}, {"error": {"code": 1, "message": "no"}}], ids=str)
def test_a_hidden_session_is_taken_out_of_the_reply(
    identity: dict[str, Any], body: dict[str, Any]
) -> None:
    reply = {**identity, **body}
    framed = cbor2.dumps({**reply, "session": cbor2.CBORTag(37, SESSION.bytes)})
    assert without_session(framed, ENTRY) == cbor2.dumps(reply)
    assert without_session(cbor2.dumps(reply), ENTRY) == cbor2.dumps(reply)


def test_the_client_reads_its_own_name_of_a_session() -> None:
    outer = uuid4()
    tag = cbor2.CBORTag(37, SESSION.bytes)
    error = {"error": {"message": f"Session not found: {SESSION}"}, "id": 1, "session": tag}
    seen = cbor2.loads(for_client_session(cbor2.dumps(error), SESSION, outer))
    assert seen["session"] == outer
    assert seen["error"]["message"] == f"Session not found: {outer}"
