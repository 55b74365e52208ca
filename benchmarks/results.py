"""Owns what was measured, as samples under names, and its JSON; decides nothing."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

SCHEMA_VERSION = 1


class NotMeasured(LookupError):
    """There is no such sample; the text says why, as shown in the table."""


@dataclass(slots=True)
class Results:
    """Samples by name, one for each repeat, in the order of the repeats.

    A name is `section/contestant/quantity`, such as `instant/sdk leased/operations_per_second`.
    `absent` says why a `section/contestant` has none. `versions` are those of the contestants.
    """

    machine: str
    started_at: str
    pinned: bool
    command: str
    seconds: float = 0.0
    schema_version: int = SCHEMA_VERSION
    samples: dict[str, list[float]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """Add the sample of one repeat; of who was left out once there are none."""
        if name.rpartition("/")[0] not in self.absent:
            self.samples.setdefault(name, []).append(value)

    def leave_out(self, who: str, why: str) -> None:
        """Note why a `section/contestant` has no samples, and drop what it had."""
        self.absent[who] = why
        for name in [name for name in self.samples if name.startswith(who + "/")]:
            del self.samples[name]

    def each(self, name: str) -> list[float]:
        """All samples of a name.

        Raises:
            NotMeasured: there are none.
        """
        if name in self.samples:
            return self.samples[name]
        who = name.rpartition("/")[0]
        raise NotMeasured(self.absent.get(who, "not measured"))

    def median(self, name: str) -> float:
        """The median of a name's samples; raises `NotMeasured`."""
        return median(self.each(name))

    def ratio(self, name: str, other: str) -> float:
        """The median of `name` against `other`, compared within each repeat.

        Repeats are interleaved: the two of one repeat ran one shortly after the other, so that a
        machine that others use, too, does less harm. Raises `NotMeasured`.
        """
        pairs = zip(self.each(name), self.each(other), strict=True)
        return median(mine / theirs for mine, theirs in pairs if theirs > 0)

    def to_json(self) -> str:
        """For machines."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Results":
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is of another version of this schema.
        """
        data: dict[str, Any] = json.loads(text)
        if data.get("schema_version") != SCHEMA_VERSION:
            raise ValueError(f"results of schema {data.get('schema_version')}, not of ours")
        return cls(**data)

    def write(self, path: Path) -> None:
        """Write the JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.to_json(), encoding="utf-8")
