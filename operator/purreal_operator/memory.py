"""What the operator knows of a run besides what is stored; losing all of it loses no result."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from purreal_operator.decide.observation import Conclusion
from purreal_operator.objects.secrets import hash_of
from purreal_operator.status.model import Tokens

_TOKEN_BYTES = 32


class TokenStore:
    """Tokens that were made in this process, by their hash; never shown, never logged."""

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}
        self.fresh = Tokens(runners=self._make(), target=self._make())

    def renew(self, used: Tokens) -> None:
        """Keep the tokens in use, and have others ready that were never used."""
        fresh = Tokens(
            runners=self._unused(self.fresh.runners, used.runners),
            target=self._unused(self.fresh.target, used.target),
        )
        kept = {used.runners, used.target, fresh.runners, fresh.target}
        self._tokens = {key: token for key, token in self._tokens.items() if key in kept}
        self.fresh = fresh

    def _unused(self, fresh: str, used: str) -> str:
        return self._make() if fresh == used else fresh

    @property
    def known(self) -> frozenset[str]:
        """The hashes of all tokens that can be put into Secrets."""
        return frozenset(self._tokens)

    def token(self, token_hash: str) -> str:
        """The token of a hash.

        Raises:
            KeyError: it was made in another process.
        """
        return self._tokens[token_hash]

    def _make(self) -> str:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        token_hash = hash_of(token)
        self._tokens[token_hash] = token
        return token_hash


@dataclass(slots=True)
class RunMemory:
    """What is known of one run.

    Attributes:
        run: its number; 0 before there is one.
        refused: what the cluster refused for good, in words.
        hindered: what the cluster has no room for at present, in words.
        conclusion: once the report is stored.
        parts_looked_for: it is known which parts were stored before this process began.
        lost_looked_for: lost runners whose parts were looked for once more.
        refused_before: pushes refused before this process began, by reason.
        start_at: the common start on this process's monotonic clock.
    """

    run: int = 0
    refused: str = ""
    hindered: str = ""
    conclusion: Conclusion | None = None
    parts_looked_for: bool = False
    lost_looked_for: frozenset[int] = frozenset()
    refused_before: Mapping[str, int] = field(default_factory=dict)
    start_at: float | None = None


@dataclass(slots=True)
class TestMemory:
    """What is known of one test: tokens, its present run, when its status was written last."""

    __test__ = False  # pytest takes classes by their names

    tokens: TokenStore = field(default_factory=TokenStore)
    run: RunMemory = field(default_factory=RunMemory)
    written_at: float = -1e9

    def of_run(self, number: int, *, refused_before: Mapping[str, int]) -> RunMemory:
        """The memory of that run; another one's is forgotten."""
        if self.run.run != number:
            self.run = RunMemory(run=number, refused_before=refused_before)
        return self.run


def password() -> str:
    """A password for the database that is made for a run."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def backoffs() -> Iterator[float]:
    """Seconds to wait after errors that come one after the other: growing, at most ten."""
    pause = 1.0
    while True:
        yield pause
        pause = min(10.0, pause * 2)
