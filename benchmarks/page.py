"""Writes docs/performance.md and its pictures from results; measures nothing.

`python -m benchmarks.page RESULTS.json` makes it from a run, `--check` compares it with the
results beside it.
"""

import sys
from pathlib import Path
from string import Template

from benchmarks.contestants import CURVES
from benchmarks.costs import OTHERS, OURS, SLOTS_OF_CURVE, lease_name
from benchmarks.curves import Curve, picture
from benchmarks.marks import Holds, Judged, judge
from benchmarks.results import Results
from benchmarks.tables import (
    as_markdown,
    bulk_table,
    disturbance,
    instant_table,
    lease_table,
    marks_table,
    processes_table,
    ready_table,
    real_table,
)

TEMPLATE = Path(__file__).with_name("page.template.md")
DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "performance.md"
KEPT_RESULTS = DOCS / "performance.json"
WORKERS_PICTURE = DOCS / "images" / "performance-workers.svg"
SLOTS_PICTURE = DOCS / "images" / "performance-slots.svg"

WORKERS_OF_CURVE = (1, 10, 50, 100, 500, 1000, 5000)


def page(results: Results) -> str:
    """The whole page."""
    judged = judge(results)
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        command=results.command,
        machine=results.machine,
        started=results.started_at,
        minutes=f"{results.seconds / 60:.1f}",
        server=results.versions.get("server", "SurrealDB"),
        pinning=_pinning(results),
        verdict=_verdict(results, judged),
        marks=as_markdown(marks_table(judged)),
        instant=as_markdown(instant_table(results)),
        real=as_markdown(real_table(results)),
        ready=as_markdown(ready_table(results)),
        leases=as_markdown(lease_table(results)),
        bulk=as_markdown(bulk_table(results)),
        processes=as_markdown(processes_table(results)),
    )


def _verdict(results: Results, judged: tuple[Judged, ...]) -> str:
    count = {holds: sum(each.holds is holds for each in judged) for holds in Holds}
    kept = count[Holds.AIM] + count[Holds.MUST]
    told = (
        f"{kept} of {len(judged)} hold, {count[Holds.AIM]} of them with their aim; "
        f"{count[Holds.NO]} do not; {count[Holds.UNKNOWN]} are not measured."
    )
    warning = disturbance(results)
    return f"{told}\n\n**{warning}**" if warning else told


def _pinning(results: Results) -> str:
    if results.pinned:
        return "Clients have one core to themselves, servers another one."
    return "The machine does not allow to give clients and servers a core each."


def workers_picture(results: Results) -> str:
    """Operations per second of one to many workers."""
    curves = [
        Curve(
            contestant.shown,
            _points(results, WORKERS_OF_CURVE, "workers {}/" + contestant.name,
                    "operations_per_second"),
        )
        for contestant in CURVES
    ]  # fmt: skip
    title = "Instant server, 50 leases: operations per second"
    return picture(title, "workers", "operations/s, one core", curves)


def slots_picture(results: Results) -> str:
    """Microseconds for a lease in small and large pools."""
    curves = []
    for core in (OURS, *OTHERS):
        points = [
            (float(slots), results.median(name))
            for slots in SLOTS_OF_CURVE
            if (name := f"growth of slots/{lease_name(slots, 0)}/{core.name}/us") in results.samples
        ]
        curves.append(Curve("this pool" if core is OURS else core.name, tuple(points)))
    return picture("Acquire + release, idle connection", "slots of the pool", "µs", curves)


def _points(
    results: Results, xs: tuple[int, ...], who: str, quantity: str
) -> tuple[tuple[float, float], ...]:
    names = [(x, f"{who.format(x)}/{quantity}") for x in xs]
    return tuple((float(x), results.median(name)) for x, name in names if name in results.samples)


def files(results: Results) -> dict[Path, str]:
    """All that is made from results."""
    return {
        PAGE: page(results),
        WORKERS_PICTURE: workers_picture(results),
        SLOTS_PICTURE: slots_picture(results),
        KEPT_RESULTS: results.to_json(),
    }


def main(arguments: list[str]) -> int:
    """Write the page, or check that it is the one of its results."""
    check = arguments == ["--check"]
    if not check and len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    source = KEPT_RESULTS if check else Path(arguments[0])
    try:
        made = files(Results.from_json(source.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        print(f"no page can be made of {source}: {error}", file=sys.stderr)
        return 1
    stale = [
        file
        for file, text in made.items()
        if not file.exists() or file.read_text(encoding="utf-8") != text
    ]
    if check:
        for file in stale:
            print(f"{file} is not what its results say: python -m benchmarks.page {KEPT_RESULTS}")
        return 1 if stale else 0
    for file in stale:
        file.write_text(made[file], encoding="utf-8")
        print(f"written: {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
