"""Every sample is accepted as it stands, and does what its first lines say."""

from pathlib import Path

import pytest

from tests.cluster.kubectl import Kubectl
from tests.cluster.place import ROOT
from tests.cluster.runs import cancel

SAMPLES = ROOT / "manifests" / "samples"
FINISH_SECONDS = 180.0

ENDS = {
    "failing": ("Failed", "success_ratio >= 99%"),
    "mix": ("Passed", ""),
    "python-workload": ("Passed", ""),
    "pod-settings": ("Completed", ""),
}
ON_ONE_OF_THEIR_OWN = {
    "stateful-set": ("Passed", ""),
    "url": ("Passed", ""),
}
STEERED = {"cancel", "lost-runners", "quickstart"}  # have tests of their own
NO_TESTS = {"database", "network-policy"}


def test_every_sample_has_a_test() -> None:
    there = {path.stem for path in SAMPLES.iterdir()}

    assert there == {*ENDS, *ON_ONE_OF_THEIR_OWN, *STEERED, *NO_TESTS}


@pytest.mark.parametrize("sample", sorted(SAMPLES.iterdir()), ids=lambda path: path.stem)
def test_the_api_server_takes_every_sample_without_a_warning(
    namespace: Kubectl, sample: Path
) -> None:
    done = namespace.attempt("apply", "--dry-run=server", "--validate=strict", "-f", str(sample))

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize("sample", ENDS)
def test_a_sample_ends_as_it_says(cluster: Kubectl, namespace: Kubectl, sample: str) -> None:
    namespace.apply(SAMPLES / f"{sample}.yaml")

    assert_ends(namespace, sample, *ENDS[sample])


@pytest.mark.parametrize("sample", ON_ONE_OF_THEIR_OWN)
def test_a_sample_on_a_database_that_is_there_ends_as_it_says(
    cluster: Kubectl, namespace: Kubectl, sample: str
) -> None:
    namespace.apply(SAMPLES / "database.yaml")
    namespace.run("rollout", "status", "statefulset/surreal", "--timeout=90s", seconds=100.0)

    namespace.apply(SAMPLES / f"{sample}.yaml")

    assert_ends(namespace, sample, *ON_ONE_OF_THEIR_OWN[sample])


def test_a_cancelled_sample_keeps_what_was_measured(cluster: Kubectl, namespace: Kubectl) -> None:
    namespace.apply(SAMPLES / "cancel.yaml")
    namespace.wait("plt/cancel", "jsonpath={.status.phase}=Running", seconds=FINISH_SECONDS)

    cancel(namespace, "cancel")

    assert_ends(namespace, "cancel", "Cancelled", "")


def test_a_lost_runner_degrades_the_result_and_no_more(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    namespace.apply(SAMPLES / "lost-runners.yaml")
    namespace.wait("plt/lost-runners", "jsonpath={.status.phase}=Running", seconds=FINISH_SECONDS)
    index = "batch.kubernetes.io/job-completion-index=1"

    namespace.run("delete", "pods", f"--selector={index}", "--grace-period=0", "--force")

    assert_ends(namespace, "lost-runners", "Completed", "")
    status = namespace.get("plt", "lost-runners")["status"]
    assert status["runners"]["lost"] == [1]
    complete = next(each for each in status["conditions"] if each["type"] == "ResultsComplete")
    assert (complete["status"], complete["reason"]) == ("False", "RunnersLost")


def assert_ends(namespace: Kubectl, name: str, verdict: str, named_in_the_reason: str) -> None:
    """Wait for the end and compare the verdict; a wrong one is shown with its reason."""
    namespace.wait(f"plt/{name}", "condition=Finished", seconds=FINISH_SECONDS)
    status = namespace.get("plt", name)["status"]
    succeeded = next(each for each in status["conditions"] if each["type"] == "Succeeded")
    assert status["verdict"] == verdict, succeeded["message"]
    assert named_in_the_reason in succeeded["message"]
