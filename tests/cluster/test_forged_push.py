"""What pods without the run's token can do to a run: nothing but be counted."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics

from purreal_operator.objects.security import container_security, pod_security
from purreal_runner.measure.part import Counts, Part
from purreal_runner.otlp.encode import encode
from purreal_runner.otlp.identity import PodIdentity
from purreal_runner.pod.coordination import Failure, FailureReason, RunnerSays, RunnerState
from tests.cluster.installation import IMAGE
from tests.cluster.kubectl import Kubectl, Manifest
from tests.cluster.runs import (
    NEEDS_OPERATOR,
    NO_IMAGE,
    condition,
    eventually,
    load_test,
    nowhere,
    status_of,
    wait_for_end,
    wait_for_phase,
)
from tests.cluster.stage import OPERATOR_URL

pytestmark = NEEDS_OPERATOR

OPERATIONS = 1_000  # at 50 ms and 2 workers 25 s
PROTOBUF = "application/x-protobuf"
SEND = """
import base64, json, sys, urllib.error, urllib.request
for path, token, kind, body, filling in json.load(sys.stdin):
    data = base64.b64decode(body) + bytes(filling)
    headers = {"Content-Type": kind} | ({"Authorization": "Bearer " + token} if token else {})
    try:
        urllib.request.urlopen(urllib.request.Request(sys.argv[1] + path, data, headers))
        print("taken")
    except urllib.error.HTTPError as error:
        print(error.code)
    except OSError as error:
        print(error)
"""
LOOK = """
import json, os
def can_write(place):
    try:
        open(os.path.join(place, "probe"), "w").close()
    except OSError:
        return False
    return True
print(json.dumps({
    "uid": os.getuid(),
    "env": dict(os.environ),
    "command": open("/proc/1/cmdline").read(),
    "account": os.path.exists("/var/run/secrets/kubernetes.io"),
    "writable": [each for each in ("/", "/etc", "/usr", "/tmp") if can_write(each)],
}))
"""


@dataclass(frozen=True)
class Push:
    """One request, and the answer it must get; `filling`: bytes that make it larger."""

    answer: str
    path: str
    token: str | None
    body: bytes
    kind: str = PROTOBUF
    filling: int = 0


def test_forged_pushes_and_questions_are_refused_counted_and_change_no_number(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    namespace.apply(stranger())
    namespace.apply(load_test("other", target=nowhere(), runners=NO_IMAGE))
    wait_for_phase(namespace, "Starting", "other")
    load = {"closed": {"workers": 2}, "stop": {"operations": OPERATIONS}}
    namespace.apply(load_test(load=load))
    namespace.wait("pod/stranger", "condition=Ready", seconds=60.0)
    eventually(lambda: status_of(namespace)["operations"]["issued"], seconds=90.0)
    run_id = f"{namespace.get('plt', 'shop')['metadata']['uid']}-1"
    token, others_token = token_of(namespace, "shop"), token_of(namespace, "other")

    pushes = [*questions(run_id, token, others_token), *exports(run_id, token, others_token)]
    answers = send(namespace, pushes)

    assert answers == [push.answer for push in pushes]
    status = wait_for_end(namespace)
    expected = {"WrongToken": 3, "WrongRun": 2, "UnknownIndex": 2, "Malformed": 2}
    expected |= {"TooLarge": 2, "Duplicate": 1, "Unsupported": 1}
    refused = status["refusedPushes"]  # an export without any token names no run that is believed
    assert {reason: refused.get(reason) for reason in expected} == expected
    assert status["verdict"] == "Completed"
    operations = status["operations"]
    assert (operations["issued"], operations["succeeded"]) == (OPERATIONS, OPERATIONS)
    assert status["runners"]["lost"] == []
    assert condition(status, "ResultsConsistent")["status"] == "True"


def test_a_runner_pod_has_no_key_to_the_cluster_and_can_change_nothing_in_its_image(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    namespace.apply(load_test(seconds=300))
    wait_for_phase(namespace, "Running")
    runner = namespace.find("pods", "app.kubernetes.io/component=runner")[0]

    found = json.loads(namespace.execute(runner["metadata"]["name"], "python", "-c", LOOK))

    assert found["uid"] == 65532
    assert not found["account"]
    assert found["writable"] == ["/tmp"]  # noqa: S108 - the only volume that can be written
    secrets = [
        b64decode(value).decode()
        for secret in namespace.find("secrets", "purreal.dev/test=shop")
        for key, value in secret["data"].items()
        if key != "username"
    ]
    assert len(secrets) >= 3  # the runners' token, the database's, and its password
    shown = json.dumps(found)
    assert not [secret for secret in secrets if secret in shown]
    spec = runner["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert not [each for each in spec["containers"][0]["env"] if "secretKeyRef" in str(each)]
    context = spec["containers"][0]["securityContext"]
    assert context["readOnlyRootFilesystem"] is True
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert context["allowPrivilegeEscalation"] is False


def questions(run_id: str, token: str, others_token: str) -> list[Push]:
    """What would end the run if it was believed."""
    failure = Failure(reason=FailureReason.SETUP_FAILED, message="forged")
    says = RunnerSays(pod_uid="stranger", state=RunnerState.FAILED, failure=failure)
    body, kind = says.to_json().encode(), "application/json"
    path = f"/v1/runs/{run_id}/runners/"
    return [
        Push("401", f"{path}0", None, body, kind),
        Push("401", f"{path}0", "not-the-token", body, kind),
        Push("403", f"{path}0", others_token, body, kind),
        Push("404", f"{path}7", token, body, kind),
        Push("400", f"{path}0", token, b"{", kind),
        Push("413", f"{path}0", token, body, kind, filling=64 * 1024),
    ]


def exports(run_id: str, token: str, others_token: str) -> list[Push]:
    """What would be a result if it was believed."""
    forged, path = export(run_id, 0), "/v1/metrics"
    return [
        Push("401", path, None, forged),
        Push("401", path, "not-the-token", forged),
        Push("403", path, others_token, forged),
        Push("404", path, token, export(run_id, 7)),
        Push("409", path, token, forged),
        Push("400", path, token, b"\xff" * 64),
        Push("413", path, token, forged, filling=4 * 1024 * 1024),
        Push("415", path, token, forged, "text/plain"),
    ]


def export(run_id: str, index: int) -> bytes:
    """A final result of a million operations from a pod that is none of the run's."""
    identity = PodIdentity(run_id, index, "stranger", "stranger", 1_800_000_000_000_000_000)
    counts = Counts(issued=1_000_000, succeeded=1_000_000)
    parts = [Part(index=index, process=index, ended=1.0, counts=counts)]
    return bytes(encode_metrics(encode(parts, identity, final=True)).SerializeToString())


def send(namespace: Kubectl, pushes: list[Push]) -> list[str]:
    """Send from the pod of the stranger; returns the answers."""
    requests: list[Any] = [
        [push.path, push.token, push.kind, b64encode(push.body).decode(), push.filling]
        for push in pushes
    ]
    command = ["exec", "--stdin", "stranger", "--", "python", "-c", SEND, OPERATOR_URL]
    return namespace.run(*command, stdin=json.dumps(requests)).split("\n")[:-1]


def token_of(namespace: Kubectl, test: str) -> str:
    """The token of a test's runners, which only its own pods should know."""
    secrets = namespace.find("secrets", f"purreal.dev/test={test}")
    name = f"{test}-1-token-"
    stored = next(each for each in secrets if each["metadata"]["name"].startswith(name))
    return b64decode(stored["data"]["token"]).decode()


def stranger() -> Manifest:
    """A pod of the same image in the same namespace, which is no runner."""
    container = {
        "name": "stranger",
        "image": IMAGE,
        "command": ["python", "-c", "import time; time.sleep(600)"],
        "securityContext": container_security(),
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "stranger"},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "securityContext": pod_security(),
            "containers": [container],
        },
    }
