"""Whether the address of a SurrealDB can be one at all; connects to nothing, looks nothing up."""

import re
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

from purreal_runner.document.fields import ENDPOINT, PATTERN_WORDS

UNUSABLE_ADDRESS = "unusable_address"


def address_problem(address: str) -> str | None:
    """Return what is wrong with an address, None if nothing is.

    The address itself is never repeated: it may hold a password, by mistake.
    """
    if re.search(ENDPOINT, address) is None:
        return PATTERN_WORDS[ENDPOINT]
    try:
        parts = urlsplit(address)
    except ValueError:  # an unclosed bracket, or characters that stand for others
        return "can't be read as an address; write ws://HOST:PORT, IPv6 as ws://[::1]:PORT"
    if not parts.hostname:
        return "names no host; write ws://HOST:PORT"
    try:
        usable = parts.port != 0
    except ValueError:
        usable = False
    return None if usable else "has no usable port; write 1 to 65535"


def usable_address(address: str) -> str:
    """Return `address` if it can be one.

    Raises:
        PydanticCustomError: it can't; says why.
    """
    problem = address_problem(address)
    if problem is not None:
        raise PydanticCustomError(UNUSABLE_ADDRESS, "{problem}", {"problem": problem})
    return address
