"""Which field an option of the command line stands for, and which flag a problem came from.

Knows names only, no values.
"""

from collections.abc import Set
from types import MappingProxyType

from purreal_runner.document.fields import Path
from purreal_runner.document.problems import Problem, field_name

PLACES: MappingProxyType[str, Path] = MappingProxyType(
    {
        "name": ("metadata", "name"),
        "namespace": ("spec", "target", "database", "namespace"),
        "database": ("spec", "target", "database", "name"),
        "workers": ("spec", "load", "closed", "workers"),
        "operations": ("spec", "load", "stop", "operations"),
        "duration": ("spec", "load", "stop", "durationSeconds"),
        "warm_up": ("spec", "load", "warmUpSeconds"),
        "replicas": ("spec", "runners", "replicas"),
        "processes": ("spec", "runners", "processes"),
        "seed": ("spec", "workload", "seed"),
        "min_size": ("spec", "pool", "minSize"),
        "max_size": ("spec", "pool", "maxSize"),
        "max_lifetime": ("spec", "pool", "maxLifetimeSeconds"),
        "max_idle_time": ("spec", "pool", "maxIdleTimeSeconds"),
        "acquire_timeout": ("spec", "pool", "acquireTimeoutSeconds"),
        "lend": ("spec", "pool", "lend"),
    }
)
"""Where the value of an option stands in the document."""

_MADE_FROM = MappingProxyType(
    {
        ("spec", "faults", 0, "everyOperations"): "close_connection_every",
        **{path: option for option, path in PLACES.items()},
    }
)

_ALSO_DECIDED_BY: MappingProxyType[Path, tuple[str, ...]] = MappingProxyType(
    {
        ("spec", "pool", "maxSize"): ("min_size",),
        ("spec", "runners"): ("replicas", "processes", "workers"),
        ("spec", "thresholds"): ("thresholds",),
    }
)
"""Rules between fields are reported at one field, but an option for another may have broken it."""


def problem_with_flag(path: Path, words: str, given: Set[str]) -> Problem:
    """Name the flag, not the field, where a value came from the command line.

    Args:
        path: the field that is wrong.
        words: what is wrong with it.
        given: names of the options that were given, as Python spells them.
    """
    option = _MADE_FROM.get(path)
    if option is not None and option in given:
        return Problem(0, 0, _flag(option), words)
    field = field_name(path)
    for cause in _ALSO_DECIDED_BY.get(path, ()):
        if cause in given:
            return Problem(0, 0, _flag(cause), f"{field}: {words}")
    return Problem(0, 0, field, words)


def _flag(option: str) -> str:
    # The one flag that may be repeated is named in the singular.
    return "--threshold" if option == "thresholds" else f"--{option.replace('_', '-')}"
