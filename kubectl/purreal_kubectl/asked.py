"""Which cluster the command line names; finds none."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says; None: nothing.

    Attributes:
        kubeconfig: the file to connect by.
        context: which of its contexts.
    """

    kubeconfig: Path | None = None
    context: str | None = None
