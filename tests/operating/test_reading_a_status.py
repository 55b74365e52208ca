"""A stored status is read also where another version wrote it."""

from purreal_operator.status.model import PoolLoadTestStatus
from purreal_operator.status.reading import status_of
from purreal_operator.status.words import Phase


def test_what_was_written_is_read():
    status = PoolLoadTestStatus(run=3, phase=Phase.RUNNING)

    assert status_of({"status": status.model_dump(mode="json", by_alias=True)}) == status
    assert status_of({}) == PoolLoadTestStatus()


def test_fields_that_this_version_can_not_read_are_left_out_and_named(caplog):
    stored = {
        "run": 3,
        "phase": "Running",
        "verdict": "ThatCameLater",
        "phases": [{"phase": "Brewing", "since": "2026-01-01T00:00:00Z"}],
    }

    found = status_of({"status": stored})

    assert found == PoolLoadTestStatus(run=3, phase=Phase.RUNNING)
    assert "['phases', 'verdict']" in caplog.text
