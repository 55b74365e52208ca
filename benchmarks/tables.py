"""Owns the tables that people read, as rows of text; prints nothing."""

from collections.abc import Sequence

from benchmarks import bulk
from benchmarks.contestants import INSTANT, READY, REAL, Contestant
from benchmarks.costs import OTHERS, OURS, USUAL_SLOTS, USUAL_WAITERS, lease_name
from benchmarks.marks import Judged, written
from benchmarks.results import NotMeasured, Results
from benchmarks.several_processes import PROCESSES, name_of

Rows = list[tuple[str, ...]]

_CLIENTS_HEAD = (
    "client", "workers", "leases", "operations/s", "lowest to highest", "CPU µs/operation",
    "core used", "queued for it",
)  # fmt: skip

MOST_QUEUED_PERCENT = 10.0
"""Above this, others used the core so much that operations/s are rough."""


def marks_table(judged: Sequence[Judged]) -> Rows:
    """Measure, observed, must, aim, and whether it holds."""
    rows: Rows = [("measure", "observed", "must", "aim", "holds")]
    for each in judged:
        mark = each.mark
        observed = "-" if each.observed is None else f"{written(each.observed)} {mark.unit}"
        holds = str(each.holds) if each.observed is not None else each.note
        if each.note and each.observed is not None:
            holds += f" ({each.note})"
        rows.append((mark.measure, observed, mark.limit(mark.must), mark.limit(mark.aim), holds))
    return rows


def instant_table(results: Results) -> Rows:
    """All clients against the instant server."""
    return _clients(results, "instant", INSTANT)


def disturbance(results: Results) -> str:
    """A sentence when others used the clients' core too much, else nothing."""
    shares = [
        results.median(name) for name in results.samples
        if name.startswith(("instant/", "real/")) and name.endswith("/queued_percent")
    ]  # fmt: skip
    worst = max(shares, default=0.0)
    if worst <= MOST_QUEUED_PERCENT:
        return ""
    return (
        f"The machine was busy: a client queued for its core up to {worst:.0f} % of the time "
        f"(more than {MOST_QUEUED_PERCENT:.0f} %), so operations/s and their ratios are rough; "
        "repeat it when the machine is idle."
    )


def real_table(results: Results) -> Rows:
    """All clients against a real server."""
    return _clients(results, "real", REAL)


def _clients(results: Results, section: str, contestants: Sequence[Contestant]) -> Rows:
    rows: Rows = [_CLIENTS_HEAD]
    for contestant in contestants:
        who = f"{section}/{contestant.name}"
        size = (_named(results, contestant), f"{contestant.workers:,}", f"{contestant.leases}")
        try:
            rates = results.each(f"{who}/operations_per_second")
            cpu = results.median(f"{who}/cpu_us_per_operation")
            used = results.median(f"{who}/core_percent")
            queued = results.median(f"{who}/queued_percent")
        except NotMeasured as why:
            rows.append((*size, "-", str(why), "-", "-", "-"))
            continue
        middle = results.median(f"{who}/operations_per_second")
        spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
        rows.append(
            (*size, f"{middle:,.0f}", spread, written(cpu), f"{used:.0f} %", f"{queued:.0f} %")
        )
    return rows


def ready_table(results: Results) -> Rows:
    """How long it takes until everything can be lent."""
    rows: Rows = [("from nothing to", "seconds")]
    for contestant in READY:
        try:
            seconds = written(results.median(f"ready/{contestant.name}/ready_seconds"))
        except NotMeasured as why:
            seconds = str(why)
        rows.append((contestant.shown, seconds))
    return rows


def lease_table(results: Results) -> Rows:
    """What a lease costs in several pools."""
    rows: Rows = [("pool", "idle connection, µs", f"{USUAL_WAITERS} waiters, µs")]
    for core in (OURS, *OTHERS):
        cells = []
        for waiters in (0, USUAL_WAITERS):
            try:
                cells.append(
                    written(results.median(f"{lease_name(USUAL_SLOTS, waiters)}/{core.name}/us"))
                )
            except NotMeasured as why:
                cells.append(str(why))
        version = results.versions.get(core.name, "")
        who = "this pool" if core is OURS else core.name
        name = f"{who} ({version})" if version else who
        rows.append((name, *cells))
    return rows


def processes_table(results: Results) -> Rows:
    """What several processes of one load test reach, and which cores that takes."""
    rows: Rows = [
        (
            "processes asked for", "ran in", "operations/s", "against one",
            "busiest process, of a core", "server, of a core",
        )
    ]  # fmt: skip
    for processes in PROCESSES:
        who = name_of(processes)
        try:
            rate = results.median(f"{who}/operations_per_second")
            against = results.ratio(
                f"{who}/operations_per_second", f"{name_of(1)}/operations_per_second"
            )
            ran_in = results.median(f"{who}/ran_in")
            client = results.median(f"{who}/busiest_core_percent")
            server = results.median(f"{who}/server_core_percent")
        except NotMeasured as why:
            rows.append((f"{processes}", "-", "-", str(why), "-", "-"))
            continue
        rows.append(
            (f"{processes}", f"{ran_in:.0f}", f"{rate:,.0f}", f"{written(round(against, 2))} ×",
             f"{client:.0f} %", f"{server:.0f} %")
        )  # fmt: skip
    return rows


def bulk_table(results: Results) -> Rows:
    """How long small reads take beside bulky ones."""
    rows: Rows = [
        ("leases", "sockets", "p99 alone, ms", "p99 beside 1 MB, ms", "reads of 1 MB, each second")
    ]
    for kind in bulk.KINDS:
        who = bulk.name_of(kind)
        try:
            alone = results.median(f"{who}/alone_p99_ms")
            beside = results.median(f"{who}/beside_bulk_p99_ms")
            reads = results.median(f"{who}/bulk_reads_per_second")
        except NotMeasured as why:
            rows.append((f"{kind}s", "-", "-", str(why), "-"))
            continue
        sockets = results.samples.get(f"{who}/sockets", [])
        rows.append(
            (f"{kind}s", f"{max(sockets):.0f}" if sockets else "-", written(alone),
             written(beside), f"{reads:.0f}")
        )  # fmt: skip
    return rows


def _named(results: Results, contestant: Contestant) -> str:
    version = results.versions.get(contestant.name, "")
    name = contestant.shown
    return name if version in name else f"{name} ({version})"


def as_text(rows: Rows) -> str:
    """Columns in line, for a terminal."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def as_markdown(rows: Rows) -> str:
    """A table of Markdown."""
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])
