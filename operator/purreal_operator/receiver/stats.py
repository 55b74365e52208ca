"""Owns the receiver's own counters; knows no run and no protocol."""

import threading
from collections import Counter
from collections.abc import Mapping


class Stats:
    """Counts what the receiver did since it was made; may be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, name: str, label: str = "", amount: int = 1) -> None:
        """Add to one counter, such as `refused_http` with the reason as its label."""
        with self._lock:
            self._counts[name, label] += amount

    def snapshot(self) -> Mapping[tuple[str, str], int]:
        """All counters as (name, label) -> count."""
        with self._lock:
            return dict(self._counts)
