"""One question to the operator and its answer; must not know when to ask or what an order means."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from pydantic import ValidationError

from purreal_runner.pod.coordination import OperatorSays, RunnerSays
from purreal_runner.pod.settings import PodSettings

_CONNECT_SECONDS = 3.0
_ANSWER_SECONDS = 5.0
_LONGEST_ANSWER_BYTES = 65_536
_WORDS_BYTES = 300
_TRY_AGAIN = frozenset({408, 429})
"""The statuses of 4xx that are about this moment, not about who asks or what is said."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the operator said, and the two times that its `remaining_seconds` are understood by."""

    says: OperatorSays
    received: float
    round_trip: float


class NoAnswer(Exception):
    """The operator did not answer as it should; asking again may help."""


class TurnedAway(NoAnswer):
    """The operator answered that it does not take us or what we say for good."""


def session_of(settings: PodSettings) -> aiohttp.ClientSession:
    """A session whose requests show the token; kept connections, nothing from the environment."""
    return aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {settings.token}"},
        timeout=aiohttp.ClientTimeout(total=_ANSWER_SECONDS, sock_connect=_CONNECT_SECONDS),
    )


class OperatorClient:
    """Asks the operator's coordination endpoint.

    Args:
        session: shows the token.
        settings: say where to ask, and for which run and index.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        settings: PodSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._url = f"{settings.operator_url}/v1/runs/{settings.run_id}/runners/{settings.index}"
        self._clock = clock

    async def ask(self, says: RunnerSays) -> Answer:
        """Tells how we are and hears what to do.

        Raises:
            TurnedAway: 400, 401, 403, 404 and the like.
            NoAnswer: nobody there, too slow, not ready yet, or no answer that makes sense.
        """
        sent = self._clock()
        try:
            # A redirect would carry the token to somebody else.
            async with self._session.post(
                self._url,
                data=says.to_json(),
                headers={"Content-Type": "application/json"},
                allow_redirects=False,
            ) as response:
                body = await _beginning(response)
                received = self._clock()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoAnswer(f"the operator does not answer: {in_words(error)}") from error
        if response.status != 200:
            raise refusal(response.status, body)
        try:
            answer = OperatorSays.model_validate_json(body)
        except ValidationError as error:
            raise NoAnswer(
                f"{self._url} gave an answer that can't be read; do the images of the operator "
                "and of the runner have the same version?"
            ) from error
        return Answer(answer, received, received - sent)


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """The body, as far as an answer of ours is ever long."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _LONGEST_ANSWER_BYTES:
            raise NoAnswer("the operator's answer is longer than any that it gives")
    return bytes(body)


def refusal(status: int, body: bytes) -> NoAnswer:
    """The error for an answer that is not 200, with the beginning of what it says."""
    said = body[:_WORDS_BYTES].decode("utf-8", "replace").strip()
    printable = "".join(sign if sign.isprintable() else " " for sign in said)
    words = f"the operator answered {status}" + (f": {printable}" if printable else "")
    for_good = 400 <= status < 500 and status not in _TRY_AGAIN
    return TurnedAway(words) if for_good else NoAnswer(words)


def in_words(error: BaseException) -> str:
    """What an error of the network says; some say nothing but their name."""
    return str(error) or type(error).__name__
