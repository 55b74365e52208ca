"""The progress of a run: plain lines where there is no terminal, a bar that fits where there is."""

import pytest
from rich.console import Console

from purreal_runner.cli import progress_display
from purreal_runner.cli.progress_display import in_words
from purreal_runner.load.progress import Progress, Step, added_up

BUSY = Progress(step=Step.RUNNING, done=48_213, failed=12, open=543, used=500, waiting=1_204)


def test_a_line_fits_beside_the_bar_into_a_hundred_columns() -> None:
    words = in_words(BUSY, 50_000, 12_345.6)

    assert len(words) + len("warming up") + 12 + 2 <= 100


def test_elsewhere_than_on_a_terminal_there_are_plain_lines_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(progress_display.time, "monotonic", lambda: now[0])

    with progress_display.progress_display(50_000, None) as show:
        for _ in range(6):
            now[0] += 1.0
            show(BUSY)

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[-1].startswith("running: 48,213 of 50,000 · ")
    assert lines[-1].endswith("12 failed · used 500/543 · 1204 waiting")


def test_the_rate_is_that_of_the_load_since_it_was_first_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(progress_display.time, "monotonic", lambda: now[0])
    rate = progress_display.Rate()

    def seen(at: float, done: int, step: Step = Step.RUNNING) -> float:
        now[0] = at
        return rate.per_second(Progress(step=step, done=done))

    assert seen(100.0, 0, Step.WARMING_UP) == 0.0
    assert seen(101.0, 500) == 0.0, "nothing to divide by"
    assert seen(101.1, 600) == 0.0, "too short to divide by"
    assert seen(102.0, 1_500) == 1_000.0
    assert seen(103.0, 2_500) == 1_000.0


def test_on_a_terminal_the_bar_is_drawn_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = Console(force_terminal=True, width=100, record=True, color_system=None)
    monkeypatch.setattr(progress_display, "Console", lambda **_: drawn)

    with progress_display.progress_display(50_000, None) as show:
        show(BUSY)

    assert "48,213 of 50,000" in drawn.export_text()


def test_progress_of_several_processes_adds_up_and_is_as_far_as_the_last_of_them() -> None:
    total = added_up([BUSY, Progress(step=Step.WARMING_UP, open=7, used=1)])

    assert (total.step, total.done, total.open, total.used) == (Step.WARMING_UP, 48_213, 550, 501)
    assert added_up([]) == Progress()


def test_a_process_that_is_gone_holds_the_others_step_back_no_more() -> None:
    lost = Progress(step=Step.OPEN, done=3, open=7, used=1)

    total = added_up([BUSY, lost.ended()])

    assert (total.step, total.done, total.open) == (Step.RUNNING, 48_216, 543)
