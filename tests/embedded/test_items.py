"""Where items of CBOR end, beside a decoder that reads them."""

import io

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from purreal_runner.embedded.items import UNTIL_BREAK, end_of_item, map_at, text_at

SIZES = {24: 1, 25: 2, 26: 4, 27: 8}


def head(major: int, argument: int, info: int) -> bytes:
    """The head of an item; with `info` above 23 in more bytes than it may need."""
    if info not in SIZES or argument >= 256 ** SIZES[info]:
        info = 27
    return bytes((major << 5 | info,)) + argument.to_bytes(SIZES[info], "big")


WIDTHS = st.sampled_from(list(SIZES))
TEXTS = st.text(max_size=300).map(cbor2.dumps) | st.builds(
    lambda text, info: head(3, len(text.encode()), info) + text.encode(), st.text(), WIDTHS
)
STRINGS = TEXTS | st.binary(max_size=300).map(cbor2.dumps)
PIECES = st.lists(TEXTS).map(lambda pieces: b"\x7f" + b"".join(pieces) + b"\xff")
NUMBERS = (
    st.integers(-(2**64), 2**64 - 1).map(cbor2.dumps)
    | st.builds(head, st.sampled_from([0, 1]), st.integers(0, 2**64 - 1), WIDTHS)
    | st.floats().map(cbor2.dumps)
)
SIMPLE = st.sampled_from([b"\xf4", b"\xf6", b"\xf7", b"\xe0", b"\xf8\xff", b"\xf9\x7e\x00"])


def containers(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Lists, maps with texts for keys, and tags that mean nothing to a decoder."""
    lists = st.lists(inner, max_size=30)
    maps = st.lists(st.tuples(STRINGS, inner).map(b"".join), max_size=30)
    return st.one_of(
        st.builds(lambda all_, info: head(4, len(all_), info) + b"".join(all_), lists, WIDTHS),
        st.builds(lambda all_, info: head(5, len(all_), info) + b"".join(all_), maps, WIDTHS),
        lists.map(lambda all_: cbor2.dumps([0] * len(all_))[: -len(all_) or None] + b"".join(all_)),
        lists.map(lambda all_: b"\x9f" + b"".join(all_) + b"\xff"),
        maps.map(lambda all_: b"\xbf" + b"".join(all_) + b"\xff"),
        st.builds(lambda tag, item: head(6, tag, 26) + item, st.integers(2000, 9000), inner),
        inner.map(lambda item: b"\xcc" + item),
    )


ITEMS = st.recursive(NUMBERS | STRINGS | PIECES | SIMPLE, containers, max_leaves=40)
HEADS = st.integers(0, 255).map(lambda byte: bytes((byte,)))


def end_for_a_decoder(data: bytes, at: int) -> int:
    with io.BytesIO(data) as file:
        file.seek(at)
        cbor2.CBORDecoder(file, read_size=1).decode()
        return file.tell()


@given(ITEMS, st.binary(max_size=5), st.binary(max_size=5))
def test_an_item_ends_where_a_decoder_has_read_it(
    item: bytes, before: bytes, behind: bytes
) -> None:
    data = before + item + behind
    end = len(before) + len(item)
    assert end_of_item(data, len(before)) == end == end_for_a_decoder(data, len(before))


@given(ITEMS)
def test_an_item_that_is_cut_short_has_no_end(item: bytes) -> None:
    for length in {0, len(item) // 2, len(item) - 1}:
        with pytest.raises(IndexError):
            end_of_item(item[:length], 0)


@given(st.binary(max_size=40) | st.lists(HEADS | ITEMS, max_size=6).map(b"".join))
def test_what_a_decoder_reads_at_all_ends_at_the_same_place(data: bytes) -> None:
    try:
        end = end_for_a_decoder(data, 0)
    except (cbor2.CBORDecodeError, ValueError, TypeError, ArithmeticError):
        return
    assert end_of_item(data, 0) == end


@pytest.mark.parametrize(
    "initial", [0x1C, 0x1F, 0x3E, 0x3F, 0x5D, 0x7E, 0x9C, 0xBD, 0xDF, 0xFC, 0xFF]
)
def test_bytes_that_begin_no_item_are_refused(initial: int) -> None:
    for data in (bytes((initial,)), bytes((0x82, initial)), bytes((0xC0, initial))):
        with pytest.raises(ValueError, match="no item begins with"):
            end_of_item(data + b"\x00" * 9, 0)


def test_nesting_costs_no_stack() -> None:
    assert end_of_item(b"\x81" * 100_000 + b"\x00", 0) == 100_001
    with pytest.raises(ValueError, match="too deep"):
        end_of_item(b"\x9f" * 100_000 + b"\xff" * 100_000, 0)


def test_a_date_that_has_no_value_in_python_is_only_bytes() -> None:
    date = b"\xc0" + cbor2.dumps("+262142-12-31T23:59:59Z")
    with pytest.raises(cbor2.CBORDecodeError):
        cbor2.loads(date)
    assert end_of_item(date, 0) == len(date)


@given(st.lists(st.text(max_size=30), max_size=4))
def test_a_text_is_read_in_one_and_in_several_pieces(texts: list[str]) -> None:
    letters = "".join(texts).encode()
    pieces = b"\x7f" + b"".join(map(cbor2.dumps, texts)) + b"\xff"
    whole = cbor2.dumps("".join(texts))
    assert text_at(pieces + b"\x00", 0) == (letters, len(pieces))
    assert text_at(b"\x00" + whole, 1) == (letters, 1 + len(whole))


@pytest.mark.parametrize(
    "data", [b"\x43abc", b"\x01", b"\xc0\x61a", b"\x7f\x41a\xff", b"\x7f\x7f\x61a\xff\xff"]
)
def test_what_is_no_text_is_not_read_as_one(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"no text|in pieces"):
        text_at(data, 0)


@pytest.mark.parametrize("data", [b"", b"\x62a", b"\x78", b"\x78\x19abc", b"\x7f\x61a"])
def test_a_text_that_is_cut_short_is_not_read(data: bytes) -> None:
    with pytest.raises(IndexError):
        text_at(data, 0)


@pytest.mark.parametrize(
    ("data", "entries", "begin"),
    [(b"\xa0", 0, 1), (b"\xb7", 23, 1), (b"\xb9\x01\x02", 258, 3), (b"\xbf", UNTIL_BREAK, 1)],
    ids=lambda given: repr(given),
)
def test_a_map_tells_how_many_entries_it_has(data: bytes, entries: int, begin: int) -> None:
    assert map_at(data, 0) == (entries, begin)


@pytest.mark.parametrize("data", [b"\x80", b"\x00", b"\xd9\xd9\xf7\xa0", b"\xbc", b"\xff"])
def test_what_is_no_map_is_not_taken_for_one(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"no map|no item"):
        map_at(data, 0)
