"""Requests that are put together from bytes are the ones that an encoder would write."""

from uuid import UUID

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from surrealdb import RecordID

from purreal import _codec
from purreal._errors import RequestNotSent
from purreal._messages import encode_request, session_entry

_codec.load()

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5) | st.uuids(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(
    request_id=st.integers(1, 2**40),
    method=st.text(max_size=30),
    params=st.lists(values, max_size=3),
    session=st.none() | st.uuids(),
    txn=st.none() | st.uuids(),
    trace_context=st.none() | st.text(st.characters(max_codepoint=127), max_size=60),
)
def test_a_request_is_one_map_with_all_its_parts(
    request_id, method, params, session, txn, trace_context
):
    request = {"id": request_id, "method": method, "params": params}
    if session is not None:
        request["session"] = session
    if txn is not None:
        request["txn"] = txn
    if trace_context is not None:
        request["trace_context"] = trace_context

    entry = b"" if session is None else session_entry(session)
    message = encode_request(request_id, method, params, entry, txn, trace_context)

    # An encoder would write small ids in fewer bytes, the rest is the same to the byte.
    number = cbor2.dumps(request_id)
    assert message[4:13] == b"\x1b" + request_id.to_bytes(8, "big")
    assert message[:4] + number + message[13:] == _codec.encode(request)


class Name(str):
    """Text of a kind of its own."""


records = st.builds(RecordID, st.text(max_size=5), values.filter(lambda value: _is_id(value)))


def _is_id(value):
    return isinstance(value, str | int | UUID | list | dict) and not isinstance(value, bool)


@given(
    text=st.text(max_size=10) | st.just("x" * 3000),
    variables=st.dictionaries(
        st.text(max_size=5) | st.builds(Name, st.text(max_size=5)) | st.just("n" * 3000),
        records | values,
        max_size=5,
    ),
)
def test_the_variables_of_a_query_are_written_as_an_encoder_would(text, variables):
    message = encode_request(1, "query", [text, variables], b"", None, None)

    params = _codec.encode([text, variables])
    assert message.endswith(b"\x66params" + params)


@pytest.mark.parametrize("kind", ["array", "record"])
def test_a_variable_may_be_nested_as_deep_as_the_rest_of_the_request_leaves_it(kind):
    def nested(levels):
        return [] if levels == 1 else [nested(levels - 1)]

    def ask(levels):
        value = nested(levels) if kind == "array" else RecordID("t", nested(levels - 2))
        encode_request(1, "query", ["RETURN $x", {"x": value}], b"", None, None)

    ask(97)
    with pytest.raises(RequestNotSent, match=r"params\[1\]\.x.*nested too deep"):
        ask(98)


@pytest.mark.parametrize(
    ("method", "params", "txn", "where"),
    [
        ("query", ["RETURN $x", {"x": RecordID("t", 2**63)}], None, "params[1].x.id: the integer"),
        ("query", ["RETURN $x", {"x": RecordID("t", True)}], None, "params[1].x: the id"),
        ("query", ["RETURN $x", {"x": RecordID(b"t", 1)}], None, "params[1].x: the name"),
        ("query", ["RETURN $x", {"x": RecordID("t\ud800", 1)}], None, "params[1].x: the value can"),
        ("query", ["RETURN $x", {1: 2}], None, "params[1]: object keys"),
        ("query", ["RETURN \ud800", {}], None, "was not sent: the value can"),
        ("query", ["RETURN $x", {"x": object()}], None, "params[1].x: values of type"),
        ("query", [], object(), "txn: values of type"),
        ("query\ud800", [], None, "can not be written"),
    ],
)
def test_what_has_no_form_is_refused_by_name(method, params, txn, where):
    with pytest.raises(RequestNotSent) as caught:
        encode_request(1, method, params, b"", txn, None)

    assert where in str(caught.value)


def test_a_transaction_and_a_trace_may_go_with_one_request():
    message = encode_request(7, "query", ["RETURN 1"], b"", UUID(int=5), "00-abc-def-01")

    assert _codec.decode(message) == {
        "id": 7,
        "method": "query",
        "params": ["RETURN 1"],
        "txn": UUID(int=5),
        "trace_context": "00-abc-def-01",
    }
