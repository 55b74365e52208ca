"""Which cluster is meant where the command line names none."""

import os
from pathlib import Path

import pytest

from purreal_kubectl.asked import Asked
from purreal_kubectl.cluster.connecting import find_way
from purreal_kubectl.failure import Failure

CONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: one, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: one, user: {}}]
contexts: [{name: one, context: {cluster: one, user: one, namespace: NAMESPACE}}]
current-context: one
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home with a file for a cluster."""
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text(CONFIG.replace("NAMESPACE", "of-the-user"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("value", [None, "", os.pathsep])
def test_without_a_variable_or_with_an_empty_one_it_is_the_users_own(
    home: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv("KUBECONFIG", raising=False)
    else:
        monkeypatch.setenv("KUBECONFIG", value)

    assert find_way(Asked()).namespace == "of-the-user"


def test_of_several_files_the_first_that_says_it_counts(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "other").write_text(CONFIG.replace("NAMESPACE", "other"))
    files = (str(home / "none"), str(home / "other"), str(home / ".kube" / "config"))
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(files))

    assert find_way(Asked()).namespace == "other"


def test_a_file_that_is_not_there_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(home / "none"))

    with pytest.raises(Failure, match=r"there is no kubeconfig file .*none"):
        find_way(Asked())
