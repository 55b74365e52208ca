"""What the pod tells its runner is read completely, and its secrets show nowhere."""

from pathlib import Path

import pytest

from purreal_runner.pod.settings import BadSettings, read_settings
from tests.pod.pods import TOKEN, document, environment, write_files


@pytest.fixture
def files(tmp_path: Path) -> Path:
    write_files(tmp_path, document(), "root", "s3cret")
    return tmp_path


@pytest.fixture
def given(files: Path) -> dict[str, str]:
    return environment(files, "http://purreal-operator:8080/", "ws://db:8000", index=3)


def test_everything_the_operator_says_is_read(given: dict[str, str], files: Path) -> None:
    settings = read_settings(given)

    assert settings.index == 3
    assert settings.operator_url == "http://purreal-operator:8080"
    assert settings.target_url == "ws://db:8000"
    assert settings.document_file == files / "plan" / "document.json"
    assert (settings.username, settings.password, settings.token) == ("root", "s3cret", TOKEN)
    assert settings.ca_file is None


def test_no_secret_is_in_the_repr(given: dict[str, str]) -> None:
    shown = repr(read_settings(given))

    assert "s3cret" not in shown
    assert TOKEN not in shown


def test_all_pods_of_a_run_name_its_tables_alike(given: dict[str, str]) -> None:
    first, second = (
        read_settings(given | {"JOB_COMPLETION_INDEX": index, "PURREAL_POD_UID": index})
        for index in "01"
    )
    other = read_settings(given | {"PURREAL_RUN_ID": "another-2"})

    assert first.table_token == second.table_token
    assert first.table_token != other.table_token


@pytest.mark.parametrize(
    "name",
    [
        "PURREAL_RUN_ID",
        "PURREAL_OPERATOR_URL",
        "PURREAL_TARGET_URL",
        "PURREAL_POD_UID",
        "JOB_COMPLETION_INDEX",
    ],
)
def test_what_is_missing_is_named(given: dict[str, str], name: str) -> None:
    del given[name]

    with pytest.raises(BadSettings, match=f"{name} is missing"):
        read_settings(given)


@pytest.mark.parametrize("index", ["-1", "one", "1.5", "²"])
def test_an_index_is_a_whole_number(given: dict[str, str], index: str) -> None:
    with pytest.raises(BadSettings, match="JOB_COMPLETION_INDEX must be a whole number"):
        read_settings(given | {"JOB_COMPLETION_INDEX": index})


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("PURREAL_OPERATOR_URL", "operator:8080"),
        ("PURREAL_TARGET_URL", "http://db:8000"),
        ("PURREAL_TARGET_URL", "ws://"),
        ("PURREAL_TARGET_URL", "ws://db:port"),
    ],
)
def test_an_address_that_can_not_be_one_is_refused(
    given: dict[str, str], name: str, address: str
) -> None:
    with pytest.raises(BadSettings, match=f"{name} must be"):
        read_settings(given | {name: address})


def test_a_password_in_an_address_is_refused_and_not_repeated(given: dict[str, str]) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(given | {"PURREAL_TARGET_URL": "ws://root:hunter2@db:8000"})

    assert "hunter2" not in str(refused.value)


def test_without_a_token_there_is_nobody_to_talk_to(given: dict[str, str], files: Path) -> None:
    (files / "token" / "token").unlink()

    with pytest.raises(BadSettings, match="token/token can't be read"):
        read_settings(given)


def test_without_credentials_nobody_signs_in(given: dict[str, str], files: Path) -> None:
    for name in ("username", "password"):
        (files / "credentials" / name).unlink()

    settings = read_settings(given)

    assert (settings.username, settings.password) == (None, None)


def test_half_of_the_credentials_is_not_enough(given: dict[str, str], files: Path) -> None:
    (files / "credentials" / "password").unlink()

    with pytest.raises(BadSettings, match="password is missing"):
        read_settings(given)


def test_an_authority_is_used_where_there_is_one(given: dict[str, str], files: Path) -> None:
    (files / "ca").mkdir()
    (files / "ca" / "ca.crt").write_text("-----BEGIN CERTIFICATE-----")

    assert read_settings(given).ca_file == files / "ca" / "ca.crt"
