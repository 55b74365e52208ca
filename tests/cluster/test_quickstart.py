"""The main job: apply the quickstart, wait for its one condition, read verdict and numbers."""

from tests.cluster.kubectl import Kubectl
from tests.cluster.place import ROOT

QUICKSTART = ROOT / "manifests" / "samples" / "quickstart.yaml"
FINISH_SECONDS = 120.0
"""The whole takes under two minutes, once the image is there."""


def test_the_quickstart_passes_on_three_runners_and_an_ephemeral_database(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    namespace.apply(QUICKSTART)
    namespace.wait("plt/quickstart", "condition=Finished", seconds=FINISH_SECONDS)

    status = namespace.get("plt", "quickstart")["status"]
    conditions = {each["type"]: each for each in status["conditions"]}
    assert conditions["Succeeded"]["status"] == "True", conditions["Succeeded"]["message"]
    assert status["verdict"] == "Passed"
    assert status["runners"].get("lost", []) == []
    operations = status["operations"]
    assert operations["issued"] == operations["succeeded"] > 0
    assert conditions["ResultsConsistent"]["status"] == "True"
    effective = status["effective"]
    assert effective["lend"] == "Session"
    assert effective["pools"] <= effective["peakSockets"] < effective["peakLeases"]

    row = namespace.run("get", "plt", "quickstart", "--no-headers")
    assert "Finished" in row
    assert "Passed" in row
    assert "3/3" in row
