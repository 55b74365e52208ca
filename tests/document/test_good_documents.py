"""What valid documents mean: defaults, aliases, lists, and everything the design shows."""

from collections.abc import Callable

import pytest

from purreal_runner.document import PoolLoadTest, parse_document
from purreal_runner.document.enums import Scenario, TargetType, WorkloadType

EVERYTHING = """\
apiVersion: purreal.dev/v1alpha1
kind: PoolLoadTest
metadata:
  name: checkout-500
  namespace: load
  labels: {team: shop}
  annotations: {purreal.dev/note: "x"}
  uid: 0b6c5bd8-0000-0000-0000-000000000000
  resourceVersion: "7"
spec:
  target:
    type: URL
    url: {endpoint: "wss://db.example:8000", caRef: {name: db-ca, key: ca.crt}}
    database: {namespace: shop, name: checkout}
    auth: {level: Database, secretRef: {name: surreal}}
    writes: AnyTable
    disruption: Allow
  pool: {minSize: 10, maxSize: 120, maxLifetimeSeconds: 300, maxIdleTimeSeconds: 0,
         acquireTimeoutSeconds: 30, lend: Auto}
  runners:
    replicas: 5
    processes: 2
    pod:
      image: registry.example:5000/team/runner:1
      imagePullPolicy: IfNotPresent
      imagePullSecrets: [pull]
      resources: {requests: {cpu: 500m, memory: 256Mi, example.com/nic: "1"}, limits: {memory: 1Gi}}
      nodeSelector: {kubernetes.io/arch: amd64, pool: ""}
      affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{a: 1.5}]}}
      tolerations:
        - {key: load, value: "yes", effect: NoExecute, tolerationSeconds: 60}
        - {operator: Exists}
      topologySpread: None
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]
      priorityClassName: low
      runtimeClassName: gvisor
      schedulerName: own
      serviceAccountName: load
      securityContext: {runAsUser: 1000, runAsGroup: 0, fsGroup: 0}
      labels: {app.kubernetes.io/part-of: shop}
      annotations: {example.com/note: any text}
      env:
        - {name: EMPTY, value: ""}
        - {name: A, secretKeyRef: {name: s, key: k}}
        - {name: B, configMapKeyRef: {name: c, key: k}}
      envFrom: [{secretRef: {name: s}, prefix: S_}, {configMapRef: {name: c}}]
      volumes:
        - {name: a, mountPath: /data/a, configMap: {name: c}}
        - {name: b, mountPath: /data/.b, secret: {name: s}, readOnly: yes}
        - {name: c, mountPath: /tmp/c, emptyDir: {medium: Memory, sizeLimit: 1Gi}}
        - {name: d, mountPath: /etc/ssl/own, persistentVolumeClaim: {name: p}}
  workload:
    type: Mix
    mix:
      - {name: read, weight: 9, query: "SELECT 1", params: {a: null, b: [1, {c: 2.5}]}}
      - {name: write, query: "CREATE x", transaction: yes, thinkTimeMilliseconds: 5}
    setup: DEFINE TABLE x;
    seed: 1
  load:
    type: Closed
    closed: {workers: 500}
    stop: {durationSeconds: 30}
    warmUpSeconds: 5
  faults: [{type: CloseConnection, everyOperations: 100}]
  thresholds: [{metric: SuccessRatio, atLeast: "99.9%"}, {metric: AcquireP95, below: 20ms}]
  lostRunners: {policy: Continue, maximum: 1}
  deadlines: {targetSeconds: 1, readySeconds: 2, collectSeconds: 4}
  targetConcurrency: Refuse
  desiredState: Cancelled
  retention: {ttlSecondsAfterSuccess: 0, ttlSecondsAfterFailure: 60}
  telemetry: {endpoint: "https://collector.example:4318/otlp"}
status: {phase: Finished}
"""

Parse = Callable[..., PoolLoadTest]


def test_the_smallest_document_has_the_defaults_of_the_pool(document: Parse) -> None:
    spec = document().spec

    assert (spec.pool.min_size, spec.pool.max_size) == (5, 50)
    assert (spec.pool.max_lifetime, spec.pool.max_idle_time) == (1800.0, 300.0)
    assert spec.target.type is None
    assert spec.workload.scenario is Scenario.SUSTAINED
    assert spec.runners.pools == 1
    assert spec.thresholds == ()


def test_everything_the_design_shows_is_read() -> None:
    spec = parse_document(EVERYTHING, "x").spec

    assert spec.target.type is TargetType.URL
    assert spec.target.url is not None
    assert spec.target.url.ca_ref is not None
    assert spec.workload.type is WorkloadType.MIX
    assert spec.workload.mix is not None
    assert spec.workload.mix[0].params == {"a": None, "b": [1, {"c": 2.5}]}
    assert spec.workload.mix[1].transaction is True
    assert spec.pool.max_idle_time is None
    assert spec.runners.pools == 10
    assert spec.runners.pod.env[0].value == ""
    assert spec.runners.pod.volumes[0].read_only is False
    assert spec.runners.pod.volumes[2].empty_dir is not None
    assert spec.telemetry is not None
    assert [one.expression for one in spec.thresholds] == [
        "success_ratio >= 99.9%",
        "acquire_p95 < 20ms",
    ]


def test_nulls_in_maps_are_what_they_are_to_an_api_server() -> None:
    text = (
        "{apiVersion: purreal.dev/v1alpha1, kind: PoolLoadTest, "
        "metadata: {name: a, labels: {b: }}, "
        "spec: {load: {closed: {workers: 5}, stop: {operations: 5}}, "
        "runners: {pod: {nodeSelector: {c: }}}}}"
    )

    document = parse_document(text, "x")

    assert document.metadata.labels == {"b": ""}
    assert document.spec.runners.pod.node_selector == {}


def test_a_document_survives_the_way_through_json() -> None:
    first = parse_document(EVERYTHING, "x")
    text = first.model_dump_json(by_alias=True, exclude_unset=True)

    assert parse_document(text, "x").spec == first.spec


@pytest.mark.parametrize(
    ("load", "seconds"),
    [
        ("stop: {operations: 5000}", 50 + 120),
        ("stop: {operations: 1}", 1 + 120),
        ("stop: {durationSeconds: 30}, warmUpSeconds: 5", 30 + 5 + 120),
    ],
)
def test_the_deadline_is_what_the_load_needs_and_two_minutes(load: str, seconds: int) -> None:
    text = (
        "{apiVersion: purreal.dev/v1alpha1, kind: PoolLoadTest, metadata: {name: a}, "
        f"spec: {{load: {{closed: {{workers: 5}}, {load}}}}}}}"
    )

    assert parse_document(text, "x").spec.run_seconds == seconds


def test_an_own_deadline_is_kept(document: Parse) -> None:
    assert document("  deadlines: {runSeconds: 7}\n").spec.run_seconds == 7


@pytest.mark.parametrize(
    "spec",
    [
        "  target: {type: Ephemeral}\n",
        "  target: {type: Embedded}\n",
        "  target: {type: StatefulSet, statefulSet: {name: surreal}}\n",
        "  target: {database: {namespace: shop}}\n",
        "  pool:\n",
        "  pool: {minSize: ~, maxSize: 7}\n",
        "  pool: {minSize: 0, maxSize: 1}\n",
        "  runners: {replicas: 500}\n",
        "  runners: {pod: {volumes: [{name: a, mountPath: /a, emptyDir: {}}]}}\n",
        "  workload: {type: Python, python: {file: /srv/load.py}}\n",
        "  telemetry: {endpoint: 'http://[::1]:4318'}\n",
        "  thresholds: []\n",
    ],
)
def test_is_valid(document: Parse, spec: str) -> None:
    document(spec)
