"""What `document.address` says about addresses, as rules of the API server; connects to nothing."""

from collections.abc import Iterator

from purreal_operator.crd.rule import Rule, quoted
from purreal_runner.document.address import HOST_NAME
from purreal_runner.document.fields import PATTERN_WORDS

_PORT = "0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_NAME = HOST_NAME.strip("^$")
_IPV6 = r"\[[0-9A-Fa-f:]+\]"


def address_rules(scheme: str, pattern: str) -> Iterator[Rule]:
    """Yield the rules of an address.

    Args:
        scheme: `ws` or `http`; the encrypted one has one letter more.
        pattern: of the whole address. It is a rule because the API server repeats a value that
            does not match a pattern, and an address may hold a password, by mistake.
    """
    yield Rule(f"self.matches({quoted(pattern)})", PATTERN_WORDS[pattern])
    start, end = f"^{scheme}s?://", "(/|$)"
    has_host = quoted(f"{start}({_NAME}|{_IPV6})(:[^/]*)?{end}")
    has_port = quoted(rf"{start}([^/:]*|\[[^/]*\])(:({_PORT})?)?{end}")
    inside = 'self.substring(self.indexOf("[") + 1, self.indexOf("]"))'
    yield Rule(
        f'self.matches({has_host}) && (!self.contains("[") || isIP({inside}))',
        f"names no usable host; write {scheme}://HOST:PORT, IPv6 as {scheme}://[::1]:PORT",
    )
    yield Rule(f"self.matches({has_port})", "has no usable port; write 1 to 65535")
