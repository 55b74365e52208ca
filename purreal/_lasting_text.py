"""Owns which query texts leave something behind in a session; must not know requests."""

from __future__ import annotations

import re
from functools import lru_cache

# USE is here although it does not last today: it is rare, and being wrong would mean that the next
# borrower writes into another namespace. LET is common and harmless (it would only add a name).
_SUSPECT = re.compile(r"\b(?:USE|LIVE|KILL|BEGIN)\b", re.IGNORECASE | re.ASCII)
_LASTING_WORD = re.compile(r"\b(?:USE|LIVE|KILL)\b", re.IGNORECASE | re.ASCII)
_BEGIN = re.compile(r"\bBEGIN\b", re.IGNORECASE | re.ASCII)
_END = re.compile(r"\b(?:COMMIT|CANCEL)\b", re.IGNORECASE | re.ASCII)

# As a statement USE is followed by NS or another word, LIVE by SELECT and KILL by text, a UUID or
# a parameter (see `_blank`): 3.3.5 says so when it gets something else.
_STATEMENT = re.compile(
    r"\b(?:USE\s+\w|LIVE\s+SELECT\b|KILL\s+(?:u\s+)?(?:value\b|\d))", re.IGNORECASE | re.ASCII
)

# Text, quoted names, comments and parameters, in which words mean nothing. What has no end is taken
# whole: to look for the end again from each next character would be quadratic.
_OPAQUE = re.compile(
    r"""
      (?P<value> '[^'\\]*' | "[^"\\]*" | `[^`\\]*` | ⟨[^⟩\\]*⟩ | \$\w+ )
    | --[^\n]* | //[^\n]* | \#[^\n]* | /\*.*?\*/
    | (?P<endless> ⟨.*\Z | /\*.*\Z )
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)

# Where the server may see other borders of text and comments than the pattern above: an escape,
# a line that ends in an unusual way (3.3.5 takes U+0085, U+2028 and a lone CR for one), what looks
# like the beginning of a comment and is an arrow, a JavaScript function.
_AMBIGUOUS = re.compile(
    r"\\|\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]|<--|\bfunction\b",
    re.IGNORECASE,
)

# What is left may hold no quote without its partner, no division (or is it a regular expression,
# with quotes in it?), and nothing that is not ASCII (it may be a space, or part of a name).
_UNCLEAR_REST = re.compile(r"""['"`/\\]|[^\x00-\x7f]""")

_CACHED_LENGTH = 2048
_READ_LENGTH = 20_000  # That takes about a millisecond.


def may_last(text: str) -> bool:
    """Tell whether a text could do something that outlasts it.

    Errs on the side of True: a false alarm costs one reset, a miss would leak state.
    """
    # Long texts carry inline data and rarely repeat: caching them would only hold memory.
    return _scan(text) if len(text) > _CACHED_LENGTH else _scan_cached(text)


def _scan(text: str) -> bool:
    if not _SUSPECT.search(text):
        return False
    plain = _without_opaque_parts(text)
    if plain is None:
        return _is_lasting(text, _LASTING_WORD)
    return _is_lasting(plain, _STATEMENT)


def _is_lasting(text: str, lasting: re.Pattern[str]) -> bool:
    return bool(lasting.search(text) or (_BEGIN.search(text) and not _END.search(text)))


def _without_opaque_parts(text: str) -> str | None:
    """Blank what is no code; None where it is not certain what is, or would take long."""
    if len(text) > _READ_LENGTH or _AMBIGUOUS.search(text):
        return None
    plain = _OPAQUE.sub(_blank, text)
    return None if _UNCLEAR_REST.search(plain) else plain


def _blank(part: re.Match[str]) -> str:
    # A value stays one, set apart from what is around it: KILL u"…" becomes `KILL u value`.
    if part["endless"] is not None:
        return "'"
    return " " if part["value"] is None else " value "


_scan_cached = lru_cache(maxsize=1024)(_scan)
