"""What is shown of a run on its way: progress, lines, the picture in place, columns."""

import io
from typing import Any

import pytest
from rich.console import Console

from purreal_kubectl.deciding.progress import Progress, numbers, progress
from purreal_kubectl.deciding.run_of import Look, WantedRun, look_at
from purreal_kubectl.showing.columns import age, columns
from purreal_kubectl.showing.display import Lines
from purreal_kubectl.showing.picture import picture
from purreal_operator.status.moments import epoch
from tests.kubectl_plugin.stored import UID, active, ended, resource

BEGAN = epoch("2026-01-31T12:00:00.000Z")
STARTS = "2026-01-31T12:00:10.000Z"
RUN = WantedRun("shop", UID, number=3)
LIVE = {
    "operations": {"issued": 460, "succeeded": 400, "failed": 40, "timedOut": 10, "cancelled": 0},
    "summary": {
        "operationsPerSecond": "523",
        "success": "88.9%",
        "acquireP95": "2.10ms",
        "queryP95": "8.00ms",
    },
    "runners": {
        "expected": 3,
        "ready": 3,
        "reported": 1,
        "lost": [2],
        "startSkewMicroseconds": 900,
    },
}


def look(status: dict[str, Any], **spec: Any) -> Look:
    return look_at(RUN, resource(status, **spec))


def timed(**load: Any) -> dict[str, Any]:
    """A load that lasts twenty seconds."""
    return {"load": {"stop": {"durationSeconds": 20}, **load}}


def test_a_number_of_operations_is_the_measure_where_there_is_one() -> None:
    assert progress(look(active(run=3, **LIVE)), BEGAN) == Progress(0.45, "450 of 1,000 operations")


@pytest.mark.parametrize(
    ("seconds", "share", "words"),
    [
        (4, 0.0, "starts in 6 s"),
        (13, 0.0, "warm-up, 3 of 5 s"),
        (25, 0.5, "10 of 20 s"),
        (99, 1.0, "20 of 20 s"),
    ],
)
def test_the_time_is_the_measure_where_there_is_no_number(
    seconds: float, share: float, words: str
) -> None:
    seen = look(active(run=3, startsAt=STARTS), **timed(warmUpSeconds=5))

    assert progress(seen, BEGAN + seconds) == Progress(share, words)


def test_before_the_load_nothing_can_be_said_and_after_it_all_is_done() -> None:
    assert progress(look(active(run=3, phase="Starting")), BEGAN).share is None
    assert progress(look(active(run=2)), BEGAN).share is None
    assert progress(look(active(run=3, phase="Collecting")), BEGAN).share == 1.0


def test_the_numbers_are_one_line() -> None:
    status = look(active(run=3, **LIVE)).status

    assert numbers(status) == (
        "450 operations · 523/s · success 88.9% · acquire p95 2.10ms · query p95 8.00ms"
    )
    assert numbers(look(active(run=3)).status) == ""


class Screen:
    """Lines as they are printed where there is no terminal, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self._text = io.StringIO()
        self.lines = Lines(Console(file=self._text, width=80), lambda: self.now)

    @property
    def printed(self) -> list[str]:
        return self._text.getvalue().splitlines()


def test_a_line_is_printed_when_something_changes_and_for_numbers_every_ten_seconds() -> None:
    screen = Screen()

    for seconds, status in (
        (0, active(run=3, phase="Starting", message="1 of 3 runners are ready")),
        (1, active(run=3, phase="Starting", message="1 of 3 runners are ready")),
        (2, active(run=3, **LIVE)),
        (4, active(run=3, **LIVE)),
        (13, active(run=3, **LIVE)),
        (14, ended(run=3)),
    ):
        screen.now = 100.0 + seconds
        screen.lines.show(look(status))

    figures = "450 operations · 523/s · success 88.9% · acquire p95 2.10ms · query p95 8.00ms"
    assert screen.printed == [
        "shop run 3: Starting: 1 of 3 runners are ready",
        f"shop run 3: Running: the load runs · {figures}",
        f"shop run 3: Running: the load runs · {figures}",
        "shop run 3: Passed: 1 threshold met",
    ]


def test_a_line_tells_what_keeps_runners_from_running() -> None:
    screen = Screen()
    trouble = {"expected": 1, "trouble": ["runner 0: the image can't be pulled"]}

    screen.lines.show(look(active(run=3, phase="Starting", message="waits", runners=trouble)))

    assert screen.printed == ["shop run 3: Starting: waits (runner 0: the image can't be pulled)"]


def test_a_run_that_has_not_begun_is_waited_for() -> None:
    screen = Screen()

    screen.lines.show(look(active(run=2)))

    assert screen.printed == ["shop: waiting for the run to begin"]


def drawn(seen: Look, now: float) -> list[str]:
    console = Console(file=io.StringIO(), width=100, record=True)
    console.print(picture(seen, now))
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_the_picture_has_phase_time_progress_runners_and_numbers() -> None:
    lines = drawn(look(active(run=3, **LIVE)), BEGAN + 75)

    assert lines[0] == "shop · run 3 · Running · 1:15"
    assert lines[1] == "the load runs"
    assert lines[2].endswith(" 450 of 1,000 operations")
    assert lines[3].split() == ["runners", "ready", "reported", "lost", "start", "skew"]
    assert lines[4].split() == ["3", "3", "1", "2", "900", "µs"]
    assert lines[5].startswith("450 operations · 523/s")


def test_the_picture_shows_what_a_repeat_waits_for() -> None:
    lines = drawn(look(active(run=2)), BEGAN)

    assert lines == [
        "shop · waiting for the run to begin",
        "run 2: Running: the load runs",
    ]


def test_the_picture_shows_trouble_with_runners() -> None:
    trouble = {"expected": 1, "trouble": ["runner 0 [boldly] can't be pulled"]}

    assert "  ! runner 0 [boldly] can't be pulled" in drawn(
        look(active(run=3, runners=trouble)), BEGAN
    )


def test_columns_are_as_wide_as_their_widest_cell_and_never_cut() -> None:
    long = "x" * 200

    assert columns([("A", "B"), (long, "1"), ("y", "")]).splitlines() == [
        f"A{' ' * 199}   B",
        f"{long}   1",
        "y",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0s"),
        (119, "119s"),
        (120, "2m"),
        (7199, "119m"),
        (7200, "2h"),
        (11_100, "3h5m"),
        (172_800, "2d"),
        (187_200, "2d4h"),
    ],
)
def test_ages_are_short(seconds: float, words: str) -> None:
    assert age(seconds) == words
