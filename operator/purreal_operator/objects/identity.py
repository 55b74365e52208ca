"""Which test and which of its runs an object belongs to; builds no object."""

from dataclasses import dataclass

from purreal_operator.objects.names import RunNames


@dataclass(frozen=True, slots=True)
class TestIdentity:
    """One `PoolLoadTest`; the uid tells it from another one of the same name."""

    __test__ = False  # pytest takes classes by their names

    namespace: str
    name: str
    uid: str

    def run(self, number: int) -> "RunIdentity":
        """The run `number` (from 1) of this test."""
        return RunIdentity(self, number)


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """One run of a test."""

    test: TestIdentity
    run: int

    @property
    def run_id(self) -> str:
        """What tells the run from all others, in every namespace, at any time."""
        return f"{self.test.uid}-{self.run}"

    @property
    def names(self) -> RunNames:
        """The names of the run's objects."""
        return RunNames(self.test.name, self.run)
