"""What a plain YAML scalar means to kubectl; knows no nodes and no document.

kubectl reads YAML with sigs.k8s.io/yaml, which is YAML 1.1 without its base-60 numbers and with
timestamps kept as text; the rules here were read from its resolver and tried with kubectl 1.32.
"""

import math
import re

Scalar = str | int | float | bool | None

_TRUE = frozenset(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"])
_FALSE = frozenset(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"])
_NULL = frozenset(["", "~", "null", "Null", "NULL"])
_SPECIAL_FLOATS = (
    dict.fromkeys([".nan", ".NaN", ".NAN"], math.nan)
    | dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], math.inf)
    | dict.fromkeys(["-.inf", "-.Inf", "-.INF"], -math.inf)
)
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[bB](?P<b2>[01]+)|0[oO]?(?P<b8>[0-7]+)|0[xX](?P<b16>[0-9a-fA-F]+)"
    r"|(?P<b10>0|[1-9][0-9]*))"
)
_BASES = {"b2": 2, "b8": 8, "b10": 10, "b16": 16}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 400
_FIRST_FLOAT_IN_E_NOTATION = 1e21


def resolve_plain(text: str) -> Scalar:
    """Return the value of an unquoted scalar without a tag."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text[0] in "+-.0123456789" and len(text) <= _LONGEST_NUMBER:
        return _number(text)
    return text


def _number(text: str) -> Scalar:
    if text in _SPECIAL_FLOATS:
        return _SPECIAL_FLOATS[text]
    digits = text if text[0] == "." else text.replace("_", "")
    integer = _INTEGER.fullmatch(digits)
    if integer is not None:
        base = next(name for name in _BASES if integer[name] is not None)
        return int(integer["sign"] + integer[base], _BASES[base])
    if _FLOAT.fullmatch(digits) is None or math.isinf(float(digits)):
        return text
    return whole_if_integral(float(digits))


def whole_if_integral(value: float) -> int | float:
    """Return 5 for 5.0, as the way through JSON does that every document for kubectl takes."""
    if value.is_integer() and abs(value) < _FIRST_FLOAT_IN_E_NOTATION:
        return int(value)
    return value
