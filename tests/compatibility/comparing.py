"""Owns what a row of the page is: a snippet, and how the SDK and a lease answer it; runs none."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Stage:
    """What a snippet may use beside its subject.

    Args:
        other: a connection of the SDK to the same database, with a root user.
        username: of that root user.
        password: of it.
        place: the names of namespace and database.
    """

    other: Any
    username: str
    password: str
    place: tuple[str, str]


Snippet = Callable[[Any, Stage], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Returned:
    """A snippet came to its end."""

    value: Any


@dataclass(frozen=True, slots=True)
class Raised:
    """A snippet raised.

    Args:
        error: name of the class.
        message: its text; as an expectation None for any.
        facts: kind, code and details of an error of the server.
    """

    error: str
    message: str | None = None
    facts: tuple[Any, ...] | None = None

    @classmethod
    def by(cls, error: BaseException) -> "Raised":
        facts = None
        if hasattr(error, "kind"):
            facts = (error.kind, error.code, error.details)
        return cls(type(error).__name__, str(error), facts)


Outcome = Returned | Raised


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the page.

    Args:
        members: the methods or attributes that it is about, as `session.use` those of objects.
        snippet: what is run.
        on_server_only: the embedded engine has nothing of the kind.
        difference: how a lease differs on purpose, in words; None: not at all.
        sdk: what the SDK does, where they differ.
        lease: what a lease does, where they differ.
    """

    members: tuple[str, ...]
    snippet: Snippet
    on_server_only: bool
    difference: str | None = None
    sdk: Outcome | None = None
    lease: Outcome | None = None

    @property
    def name(self) -> str:
        return self.snippet.__name__.replace("_", " ")

    @property
    def file(self) -> str:
        return Path(self.snippet.__code__.co_filename).name


class Rows(list[Row]):
    """The rows of one section of the page, in their order."""

    def same(self, *members: str, on_server_only: bool = False) -> Callable[[Snippet], Snippet]:
        """Add a snippet that ends alike through both."""

        def add(snippet: Snippet) -> Snippet:
            self.append(Row(members, snippet, on_server_only))
            return snippet

        return add

    def differs(
        self, *members: str, how: str, sdk: Outcome, lease: Outcome, on_server_only: bool = False
    ) -> Callable[[Snippet], Snippet]:
        """Add a snippet that ends in two ways, on purpose."""

        def add(snippet: Snippet) -> Snippet:
            self.append(Row(members, snippet, on_server_only, how, sdk, lease))
            return snippet

        return add


def typed(value: Any) -> Any:
    """Lay open the types in a value: 1, 1.0 and True are equal otherwise, and NaN is not."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value).__name__, [typed(item) for item in value]
    return type(value).__name__, repr(value) if value != value else value


def is_as_expected(outcome: Outcome, expected: Outcome) -> bool:
    """Whether an outcome is the expected one; an expected message of None fits any."""
    if isinstance(expected, Returned):
        return isinstance(outcome, Returned) and typed(outcome.value) == typed(expected.value)
    if isinstance(outcome, Returned):
        return False
    message_fits = expected.message is None or expected.message in (outcome.message or "")
    return outcome.error == expected.error and message_fits
