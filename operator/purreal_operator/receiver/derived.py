"""Owns one value that is computed again only when what it comes from has changed."""

from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Derived(Generic[_T]):
    """A value and the version of its source; of two threads that compute it one does so in vain."""

    def __init__(self) -> None:
        self._known: tuple[int, _T] | None = None

    def get(self, version: int, compute: Callable[[], _T]) -> _T:
        """The value of this version."""
        known = self._known
        if known is None or known[0] != version:
            known = self._known = (version, compute())
        return known[1]
