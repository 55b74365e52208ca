"""Room for sockets: raised as far as it goes, refused before the start when it is too little."""

import subprocess
import sys

import pytest

from purreal_runner.load.file_limit import NoRoomForSockets, require_room, sockets_needed
from purreal_runner.load.plan import PoolLimits


@pytest.mark.parametrize(
    ("workers", "min_size", "max_size", "sockets"),
    [(500, 50, 600, 516), (500, 50, 100, 100), (1, 50, 600, 50), (0, 0, 10, 10)],
)
def test_a_pool_opens_what_its_workers_need_within_its_limits(
    workers: int, min_size: int, max_size: int, sockets: int
) -> None:
    assert sockets_needed(workers, PoolLimits(min_size=min_size, max_size=max_size)) == sockets


def test_sessions_need_few_sockets() -> None:
    limits = PoolLimits(max_size=10_000, lend="session")

    assert sockets_needed(10_000, limits) < 200
    assert sockets_needed(5, limits) == 21


def test_what_can_not_fit_is_refused_with_the_numbers() -> None:
    with pytest.raises(NoRoomForSockets) as refused:
        require_room(5_000, 1_024, what="5,000 workers", lend="auto")

    assert "5,064" in str(refused.value)
    assert "1,024" in str(refused.value)
    assert "ulimit -Hn" in str(refused.value)
    assert "lend: Session" in str(refused.value)


def test_who_lends_sessions_already_is_not_told_to() -> None:
    with pytest.raises(NoRoomForSockets) as refused:
        require_room(100, 64, what="5,000 workers", lend="session")

    assert "Session" not in str(refused.value)


def test_what_fits_is_not_refused() -> None:
    require_room(900, 1_024, what="900 workers", lend="auto")


def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    code = (
        "import resource; from purreal_runner.load.file_limit import raise_file_limit\n"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))\n"
        "raise_file_limit()\n"
        "assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == hard\n"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_run_that_can_not_fit_says_so_before_it_starts() -> None:
    command = [sys.executable, "-m", "purreal_runner.cli", "run", "--workers", "500"]
    within_256 = ["sh", "-c", 'ulimit -n 256 && exec "$@"', "sh", *command]

    done = subprocess.run(within_256, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "256" in line
