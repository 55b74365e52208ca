"""Names and labels of all objects of a run, in one place; builds no object.

The lengths hold for a test name of 40 characters and run 99999: the controller adds eleven
characters to the name of a StatefulSet for the value of a label, which may have 63.
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

GROUP = "purreal.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
KIND = "PoolLoadTest"
PLURAL = "poolloadtests"

TEST_LABEL = "purreal.dev/test"
RUN_LABEL = "purreal.dev/run"
COMPONENT_LABEL = "app.kubernetes.io/component"
POD_UID_ANNOTATION = "purreal.dev/pod-uid"

RUNNER_CONTAINER = "runner"
TARGET_CONTAINER = "surrealdb"
TARGET_PORT = 8000

DOCUMENT_KEY = "document.json"
PART_KEY = "part.otlp.gz"
REPORT_KEY = "report.json.gz"

_HASH_CHARACTERS = 8


class Component(StrEnum):
    """What an object is for, as the value of a label."""

    PLAN = "plan"
    RUNNER = "runner"
    TARGET = "target"
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    PART = "part"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class RunNames:
    """The names of one run's objects.

    Attributes:
        test: name of the `PoolLoadTest`.
        run: number of the run, from 1.
    """

    test: str
    run: int

    @property
    def base(self) -> str:
        """What all names of the run begin with."""
        return f"{self.test}-{self.run}"

    @property
    def plan(self) -> str:
        """The ConfigMap with the frozen document, which owns all but the report."""
        return f"{self.base}-plan"

    @property
    def job(self) -> str:
        """The Indexed Job of the runners."""
        return self.base

    @property
    def target(self) -> str:
        """The ephemeral database: its StatefulSet and its headless Service."""
        return f"{self.base}-db"

    @property
    def target_pod(self) -> str:
        """The only pod of the ephemeral database."""
        return f"{self.target}-0"

    @property
    def report(self) -> str:
        """The ConfigMap with the report."""
        return f"{self.base}-report"

    def part(self, index: int) -> str:
        """The ConfigMap with the final export of the runner `index`."""
        return f"{self.base}-part-{index}"

    def runner_token(self, token_hash: str) -> str:
        """The Secret with the runners' token; `token_hash` is its SHA-256 in hex."""
        return f"{self.base}-token-{token_hash[:_HASH_CHARACTERS]}"

    def target_token(self, token_hash: str) -> str:
        """The Secret with the ephemeral database's token; `token_hash` is its SHA-256 in hex."""
        return f"{self.base}-dbtoken-{token_hash[:_HASH_CHARACTERS]}"

    def target_credentials(self, plan_uid: str) -> str:
        """The Secret with the ephemeral database's user and password.

        Secrets can't be read back, so the name tells whose it is: one that is left of a deleted
        test of the same name is never taken for this run's.
        """
        digest = sha256(plan_uid.encode()).hexdigest()
        return f"{self.target}-{digest[:_HASH_CHARACTERS]}"

    def labels(self, component: Component) -> dict[str, str]:
        """The labels of an object of this run."""
        return {
            "app.kubernetes.io/name": "purreal",
            "app.kubernetes.io/managed-by": "purreal-operator",
            COMPONENT_LABEL: component.value,
            TEST_LABEL: self.test,
            RUN_LABEL: str(self.run),
        }

    def selector(self, component: Component) -> str:
        """A label selector, as the API takes it, for objects of this run."""
        chosen = {
            COMPONENT_LABEL: component.value,
            TEST_LABEL: self.test,
            RUN_LABEL: str(self.run),
        }
        return ",".join(f"{key}={value}" for key, value in chosen.items())
