"""What the operator exposes, as a Prometheus reads it; alerts and pages are held to it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from prometheus_client.parser import text_string_to_metric_families

from purreal_operator.metrics.operator_metrics import OperatorMetrics

NAME = re.compile(r"\b(?:purreal_operator|process)_\w+")
SELECTOR = re.compile(r"\b((?:purreal_operator|process)_\w+)\s*\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')

PROCESS = frozenset(
    {
        "process_cpu_seconds_total",
        "process_max_fds",
        "process_open_fds",
        "process_resident_memory_bytes",
        "process_start_time_seconds",
        "process_virtual_memory_bytes",
    }
)
"""Those of every process, on Linux."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """One metric: `values` are those of its labels by their names, as far as they are known."""

    name: str
    type: str
    help: str
    values: dict[str, frozenset[str]]
    samples: frozenset[str]


@cache
def exposed() -> tuple[Exposed, ...]:
    """All metrics of an operator that has just begun."""
    text = OperatorMetrics(dict).text().decode()
    return tuple(_metrics(text))


def _metrics(text: str) -> Iterator[Exposed]:
    for family in text_string_to_metric_families(text):
        if family.name.endswith("_created"):
            continue  # the command turns them off for its process
        names = {sample.name for sample in family.samples}
        labels = {name for sample in family.samples for name in sample.labels}
        values = {
            name: frozenset(sample.labels[name] for sample in family.samples)
            for name in labels - {"le"}
        }
        name = f"{family.name}_total" if family.type == "counter" else family.name
        yield Exposed(name, family.type, family.documentation, values, frozenset(names))


def unknown_in(expression: str) -> list[str]:
    """What an expression asks for and no metric has: names, labels, and values of labels."""
    by_sample = {sample: metric for metric in exposed() for sample in metric.samples}
    known = by_sample.keys() | PROCESS
    problems = [name for name in NAME.findall(expression) if name not in known]
    for name, matchers in SELECTOR.findall(expression):
        if name not in by_sample:
            continue
        for label, wanted in MATCHER.findall(matchers):
            if wanted == "$job":
                continue
            values = by_sample[name].values.get(label, frozenset())
            problems += [f"{label}={each}" for each in wanted.split("|") if each not in values]
    return problems
