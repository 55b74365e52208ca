"""An API server and `purreal validate` take and refuse the same documents, for the same reasons."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from kubernetes import client, config

from purreal_operator.crd.definition import definition
from purreal_operator.status.model import (
    PoolLoadTestStatus,
    RunnersStatus,
    Summary,
    TargetStatus,
)
from purreal_operator.status.words import ACTIVE_PHASES, Phase
from purreal_runner.document import InvalidDocument, parse_document
from purreal_runner.document.kubernetes import GROUP, PLURAL, RERUN_ANNOTATION, VERSION
from purreal_runner.document.yaml_tree import read_tree
from purreal_runner.judge.verdict import Verdict
from tests.cluster.installation import wait_for_resource
from tests.cluster.kubectl import Kubectl
from tests.document.wrong_documents import (
    HEAD,
    IN_THE_LOAD,
    IN_THE_METADATA,
    IN_THE_SPEC,
    LOAD,
    Wrong,
    with_line,
    with_load,
    with_metadata,
)

ROOT = Path(__file__).parents[2]
Answer = Callable[[str], str]


@pytest.fixture(scope="module")
def client_of_the_api(api_server: Kubectl) -> Iterator[client.ApiClient]:
    settings = client.Configuration()
    config.load_kube_config(api_server.kubeconfig, client_configuration=settings)
    with client.ApiClient(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def answer(client_of_the_api: client.ApiClient) -> Answer:
    """What an API server says about a document it is only asked about; empty: it would take it."""
    objects = client.CustomObjectsApi(client_of_the_api)

    def ask(text: str) -> str:
        data = read_tree(text).data
        data["metadata"].pop("namespace", None)
        options = {"dry_run": "All", "field_validation": "Strict", "_request_timeout": 30}
        place = (GROUP, VERSION, "default", PLURAL)
        try:
            objects.create_namespaced_custom_object(*place, data, **options)
        except client.ApiException as error:
            return str(json.loads(error.body)["message"])
        return ""

    return ask


def is_valid_here(text: str) -> bool:
    try:
        parse_document(text, "x")
    except InvalidDocument:
        return False
    return True


def load_tests() -> dict[str, str]:
    """The documents of this repository, by file."""
    files = [*(ROOT / "examples").rglob("*.yaml"), *(ROOT / "manifests" / "samples").glob("*.yaml")]
    return {
        f"{file.name}-{position}": json.dumps(data)
        for file in files
        for position, data in enumerate(yaml.safe_load_all(file.read_text(encoding="utf-8")))
        if data is not None and data["kind"] == "PoolLoadTest"
    }


@pytest.mark.parametrize(
    "text", [pytest.param(text, id=name) for name, text in load_tests().items()]
)
def test_the_documents_of_this_repository_are_taken(answer: Answer, text: str) -> None:
    assert (answer(text), is_valid_here(text)) == ("", True)


WRONG = [
    *(pytest.param(with_line(one.line), one, id=one.line) for one in IN_THE_SPEC),
    *(pytest.param(with_load(one.line), one, id=one.line) for one in IN_THE_LOAD),
    *(pytest.param(with_metadata(one.line), one, id=one.line) for one in IN_THE_METADATA),
]


@pytest.mark.parametrize(("text", "wrong"), WRONG)
def test_a_wrong_document_is_refused_in_readable_words(
    answer: Answer, text: str, wrong: Wrong
) -> None:
    said = answer(text)

    assert wrong.server in said
    assert "hush" not in said
    assert not is_valid_here(text)


QUERY_OF_16_KIB = "x" * 16_384
SAME_VERDICT = [
    "",
    "pool:",
    "pool: {minSize: ~, maxSize: 7}",
    "pool: {maxSize: 5.0}",
    "pool: {maxSize: 5e1}",
    "pool: {maxSize: 99999999999999999999}",
    "pool: {lend: ~}",
    "pool: {lend: Session}",
    "runners: {replicas: 500}",
    "runners: {replicas: 1000, processes: 64}",
    "target: {}",
    "target: {type: Ephemeral}",
    "target: {type: Ephemeral, ephemeral: ~}",
    "target: {type: StatefulSet, statefulSet: {name: a}, auth: {secretRef: {name: s}}}",
    "target: {auth: {level: Database}}",
    "workload: ~",
    "workload: {}",
    "workload: {scenario: Burst, setup: ''}",
    "workload: {type: Mix, mix: [{name: a, query: '$$ ${table:a_1} $x {} $', params: {b: ~}}]}",
    "workload: {type: Mix, mix: [{name: a, query: '$${table:a}'}]}",
    "workload: {type: Mix, mix: [{name: a, query: '${table:a}${'}]}",
    "workload: {type: Mix, mix: [{name: a, query: '$${x}'}]}",
    "workload: {type: Mix, mix: [{name: a, query: b, params: {c: [1, {d: 1.5}], e: true}}]}",
    "workload: {type: Mix, mix: [{name: a, query: ''}]}",
    "workload: {type: Mix, mix: [~]}",
    "workload: {type: Python, python: {file: /srv/load.py, function: go}}",
    "workload: {type: Python, python: {file: /srv/load.py, function: a.b}}",
    "workload: {type: Python, python: {file: '/a\n'}}",
    "workload: {type: Mix, mix: [{name: a, query: '"
    + QUERY_OF_16_KIB
    + "'}], setup: '"
    + "x" * 65_536
    + "'}",
    "faults: []",
    "faults: ~",
    "thresholds: [{metric: SuccessRatio, atLeast: 100.0%}]",
    "thresholds: [{metric: SuccessRatio, atLeast: 0099.99%}]",
    "thresholds: [{metric: SuccessRatio, atLeast: 100.000001%}]",
    "thresholds: [{metric: SuccessRatio, atLeast: '1'}]",
    "thresholds: [{metric: AcquireP95, below: 1.5m}]",
    "thresholds: [{metric: AcquireP95, below: '0'}]",
    "thresholds: [{metric: AcquireP95, below: 5%, above: ~}]",
    "thresholds: [{metric: Throughput, above: 0.5/s}]",
    "thresholds: [{metric: TimedOutOperations, atMost: '3s'}]",
    "lostRunners: {policy: Continue}",
    "deadlines: {runSeconds: 20000001}",
    "retention: {ttlSecondsAfterSuccess: -1}",
    "telemetry: ~",
    "telemetry: {endpoint: 'https://[::1]:4318/v1'}",
    "telemetry: {endpoint: 'ws://h'}",
    "runners: {pod: ~}",
    "runners: {pod: {nodeSelector: {a: ~}}}",
    "runners: {pod: {resources: {limits: {cpu: 1.5, memory: 1Gi}}}}",
    "runners: {pod: {resources: {limits: {cpu: '1.5', memory: 1Gi}}}}",
    "runners: {pod: {tolerations: [{operator: Exists}]}}",
    "runners: {pod: {affinity: {a: ~, b: [1, ~]}}}",
    "runners: {pod: {topologySpreadConstraints: [{maxSkew: 1}]}}",
    "runners: {pod: {topologySpreadConstraints: [5]}}",
    "runners: {pod: {env: [{name: A, value: ~}]}}",
    "runners: {pod: {env: [{name: A, value: ''}]}}",
    "runners: {pod: {env: [{name: 1A, value: ''}]}}",
    "runners: {pod: {envFrom: [{secretRef: {name: a}}]}}",
    "runners: {pod: {volumes: [{name: a, mountPath: /tmp/a, emptyDir: {}}]}}",
    "runners: {pod: {volumes: [{name: a, mountPath: /tmp, emptyDir: {}}]}}",
    "runners: {pod: {volumes: [{name: a, mountPath: /etc/purreal, emptyDir: {}}]}}",
    "runners: {pod: {volumes: [{name: a, mountPath: /etc/purreals, emptyDir: {}}]}}",
    "runners: {pod: {volumes: [{name: a, mountPath: /a/, emptyDir: {}}]}}",
    "runners: {pod: {volumes: [{name: a, mountPath: /a//b, emptyDir: {}}]}}",
    "runners: {pod: {volumes: [{name: a, mountPath: /a/...b, emptyDir: {}}]}}",
    "runners: {pod: {volumes: [{name: a, mountPath: /a, emptyDir: ~}]}}",
    "runners: {pod: {labels: {job-names: a, purreal.device/x: b, app.kubernetes.io/names: c}}}",
    "runners: {pod: {annotations: {Team/x: 'any text'}}}",
    "runners: {pod: {labels: {Team/x: a}}}",
]


@pytest.mark.parametrize("line", SAME_VERDICT, ids=lambda line: line[:80])
def test_both_have_the_same_verdict(answer: Answer, line: str) -> None:
    text = with_line(line) if line else HEAD + LOAD

    said = answer(text)

    assert (said == "") == is_valid_here(text), said


ENDPOINTS = [
    "ws://a",
    "ws://a.b-c_d:8000/rpc",
    "ws://a:",
    "ws://a:/",
    "ws://a:0",
    "ws://a:1",
    "ws://a:0080",
    "ws://a:65535",
    "ws://a:65536",
    "ws://a:100000",
    "ws://a:b",
    "ws://a:b:80",
    "ws://a:80:80",
    "ws://:80",
    "ws:///rpc",
    "ws://-a",
    "ws://a-",
    "ws://a,b",
    "ws://a%20b",
    "ws://1.2.3.4:80",
    "ws://[::1]",
    "ws://[::1]:8000/rpc",
    "ws://[::1]8000",
    "ws://[1.2.3.4]",
    "ws://[::ffff:1.2.3.4]",
    "ws://[::ffff:102:304]",
    "ws://[fe80::1%eth0]",
    "ws://[1:2]",
    "ws://[]",
    "ws://[::1",
    "ws://::1]",
    "ws://a[::1]",
    "ws://a/b?c",
    "ws://a/b#c",
    "ws://a/b c",
    "ws://a/[b]",
    "ws://a/é",
    "ws://a\nb",
    "ws://a/\n",
    "wss://a:443/$&'()*+,;=:@~!%20",
    "WS://a",
    "http://a",
    "ws://u:p@a",
    "ws://\u2100a",
]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_both_have_the_same_verdict_on_an_address(answer: Answer, endpoint: str) -> None:
    target = {"type": "URL", "url": {"endpoint": endpoint}}
    text = with_line(f"target: {json.dumps(target)}")

    said = answer(text)

    assert (said == "") == is_valid_here(text), said


def test_texts_that_are_too_long_together_are_refused(answer: Answer) -> None:
    mix = "\n".join(f"      - {{name: q{n}, query: {QUERY_OF_16_KIB}}}" for n in range(9))

    said = answer(f"{HEAD}{LOAD}  workload:\n    type: Mix\n    mix:\n{mix}\n")

    assert "setup and queries have more than 131072 characters together" in said


def test_an_embedded_engine_is_only_for_a_local_run(answer: Answer) -> None:
    text = with_line("target: {type: Embedded}")

    assert "Embedded works locally only, with `purreal run`" in answer(text)
    assert is_valid_here(text)


@pytest.mark.parametrize(
    "mix",
    [
        "{name: a, query: b, params: {c: '${nobody}'}}",
        "{name: a, query: b, params: {1c: 5}}",
    ],
)
def test_free_form_values_are_seen_by_validate_only(answer: Answer, mix: str) -> None:
    text = with_line(f"workload: {{type: Mix, mix: [{mix}]}}")

    assert answer(text) == ""
    assert not is_valid_here(text)


def test_a_field_that_is_written_twice_passes_kubectl_but_no_api_server(
    api_server: Kubectl,
) -> None:
    twice = with_line("pool: {maxSize: 60, maxSize: 70}")
    path = f"/apis/{GROUP}/{VERSION}/namespaces/default/{PLURAL}?dryRun=All&fieldValidation=Strict"
    body = json.dumps(read_tree(with_line("pool: {maxSize: 60}")).data)
    body = body.replace('"maxSize": 60', '"maxSize": 60, "maxSize": 70')

    by_kubectl = api_server.run(
        *("create", "--dry-run=server", "--validate=strict", "-ojson", "-f", "-"), stdin=twice
    )
    raw = api_server.attempt("create", "--raw", path, "-f", "-", stdin=body)

    assert json.loads(by_kubectl)["spec"]["pool"]["maxSize"] == 70
    assert "duplicate field" in raw.stderr
    assert not is_valid_here(twice)


@pytest.mark.parametrize(("length", "fits"), [(131_071, True), (131_072, False)])
def test_annotations_have_the_same_limit(answer: Answer, length: int, fits: bool) -> None:
    half = "x" * length
    text = with_metadata(f"{{name: a, annotations: {{a: {half}, b: {half}}}}}")

    assert (answer(text) == "", is_valid_here(text)) == (fits, fits)


def test_a_status_in_a_document_is_no_matter_but_its_unknown_fields_are(answer: Answer) -> None:
    good, unknown = (HEAD + LOAD + f"status: {status}\n" for status in ("{run: 7}", "{runs: 7}"))

    assert answer(good) == ""
    assert 'unknown field "status.runs"' in answer(unknown)
    assert is_valid_here(good)
    assert is_valid_here(unknown)


def test_the_resource_is_structural_and_explains_itself(api_server: Kubectl) -> None:
    found = api_server.get("crd", f"{PLURAL}.{GROUP}")

    conditions = {one["type"]: one["status"] for one in found["status"]["conditions"]}
    explained = api_server.run("explain", "plt.spec.runners.pod")

    assert conditions == {"NamesAccepted": "True", "Established": "True"}
    assert "Settings of the runner pods" in explained
    assert "topologySpreadConstraints" in explained


@pytest.fixture(scope="module")
def unwatched(api_server: Kubectl) -> Iterator[str]:
    """Our resource once more, in a group that no operator and no other process knows."""
    copy = definition()
    group = f"unwatched-{uuid4().hex[:6]}.{GROUP}"
    name = f"{PLURAL}.{group}"
    copy["metadata"]["name"] = name
    copy["spec"]["group"] = group
    del copy["spec"]["names"]["shortNames"]
    api_server.apply(copy)
    wait_for_resource(api_server, name)
    yield name
    api_server.delete("crd", name)


MIX = {"name": "a", "query": "SELECT $x", "params": {"x": {"deep": [1, None]}}}


@pytest.fixture
def change(namespace: Kubectl, unwatched: str) -> Callable[..., str]:
    """Change one object in a namespace of its own; returns what is said against it."""
    data = read_tree(with_line("pool: {maxSize: 60}")).data
    data["apiVersion"] = f"{unwatched.removeprefix(PLURAL + '.')}/{VERSION}"
    data["spec"]["workload"] = {"type": "Mix", "mix": [MIX]}
    namespace.apply(data)

    def patch(part: str, value: Any, *options: str) -> str:
        words = ("patch", unwatched, "checkout-500", "--type=merge", *options)
        return namespace.attempt(*words, "-p", json.dumps({part: value})).stderr

    return patch


def test_a_spec_is_fixed_while_a_run_is_active_and_free_before_and_after(
    change: Callable[..., str],
) -> None:
    def be(phase: Phase) -> str:
        return change("status", {"phase": phase, "run": 1}, "--subresource=status")

    def ask_for(pool_size: int) -> str:
        return change("spec", {"pool": {"maxSize": pool_size}})

    assert ask_for(61) == ""
    assert be(Phase.PENDING) == ""
    assert ask_for(62) == ""
    for phase in sorted(ACTIVE_PHASES):
        assert be(phase) == ""
        assert "spec can't change while a run is active" in ask_for(63)
    assert be(Phase.FINISHED) == ""
    assert ask_for(64) == ""


ALLOWED_WHILE_ACTIVE = [
    ("spec", {"desiredState": "Cancelled"}),
    ("spec", {"retention": {"ttlSecondsAfterSuccess": 60}}),
    ("spec", {"pool": {"maxSize": 60}}),
    ("spec", {"pool": {"minSize": None}}),
    ("metadata", {"annotations": {RERUN_ANNOTATION: "2026-01-01T00:00:00Z"}}),
]
FORBIDDEN_WHILE_ACTIVE = [
    {"workload": {"mix": [{**MIX, "params": {"x": {"deep": [2, None]}}}]}},
    {"workload": {"mix": [{**MIX, "query": "SELECT 1"}]}},
    {"runners": {"pod": {"affinity": {"a": 1}}}},
    {"faults": [{"type": "CloseConnection", "everyOperations": 5}]},
    {"telemetry": {"endpoint": "http://a:4318"}},
    {"targetConcurrency": "Allow", "desiredState": "Cancelled"},
]


def test_what_may_change_while_a_run_is_active(change: Callable[..., str]) -> None:
    change("status", {"phase": Phase.RUNNING, "run": 1}, "--subresource=status")

    said = {json.dumps(value): change(part, value) for part, value in ALLOWED_WHILE_ACTIVE}
    refused = [change("spec", value) for value in FORBIDDEN_WHILE_ACTIVE]

    assert set(said.values()) == {""}
    assert [words for words in refused if "spec can't change while" not in words] == []


def test_the_columns_show_a_run(
    change: Callable[..., str], namespace: Kubectl, unwatched: str
) -> None:
    summary = Summary(
        scenario="Sustained",
        workers=500,
        operations_per_second="812",
        success="99.98%",
        acquire_p95="3.1ms",
        query_p95="8ms",
        grade="Target",
    )
    status = PoolLoadTestStatus(
        phase=Phase.FINISHED,
        verdict=Verdict.FAILED,
        reason="ThresholdsMissed",
        summary=summary,
        runners=RunnersStatus(display="3/3"),
        target=TargetStatus(display="StatefulSet/db"),
    )
    change("status", status.model_dump(mode="json", by_alias=True), "--subresource=status")

    short, wide = (namespace.run("get", unwatched, *more) for more in ((), ("-owide",)))

    said = [" ".join(line.split()) for line in (*short.splitlines(), *wide.splitlines())]
    columns = "NAME PHASE VERDICT RUNNERS OPS/S SUCCESS ACQUIRE-P95 QUERY-P95 GRADE AGE"
    assert said[0] == columns
    assert said[1].startswith("checkout-500 Finished Failed 3/3 812 99.98% 3.1ms 8ms Target ")
    assert said[2] == f"{columns} TARGET SCENARIO WORKERS REASON"
    assert said[3].endswith(" StatefulSet/db Sustained 500 ThresholdsMissed")
