"""What wrong documents are answered with: the exact lines a user reads."""

from collections.abc import Callable

import pytest

HEAD = (
    "apiVersion: purreal.dev/v1alpha1\nkind: PoolLoadTest\nmetadata: {name: checkout-500}\nspec:\n"
)
LOAD = "  load: {closed: {workers: 500}, stop: {operations: 5000}}\n"

Problems = Callable[[str], list[str]]

# Each case is one line of the spec (line 6) and what is said about it.
IN_THE_SPEC = {
    "pool: {maxSise: 7}": "spec.pool.maxSise: there is no such field; did you mean maxSize?",
    "pool: {max_size: 7}": "spec.pool.max_size: there is no such field; did you mean maxSize?",
    "pool: {MAXSIZE: 7}": "spec.pool.MAXSIZE: there is no such field; did you mean maxSize?",
    "runners: {zzz: 7}": "spec.runners.zzz: there is no such field; "
    "known here: replicas, processes, pod",
    "pool: {maxSize: '7'}": "spec.pool.maxSize: must be a whole number, not the text '7'",
    "pool: {maxSize: 7.5}": "spec.pool.maxSize: must be a whole number, not the number 7.5",
    "pool: {maxSize: yes}": "spec.pool.maxSize: must be a whole number, not true",
    "pool: {maxSize: [7]}": "spec.pool.maxSize: must be a whole number, not a list",
    "pool: {maxSize: 1:30}": "spec.pool.maxSize: must be a whole number, not the text '1:30'",
    "pool: {maxSize: 0}": "spec.pool.maxSize: must be at least 1, not 0",
    "pool: {maxSize: 999999}": "spec.pool.maxSize: must be at most 120000, not 999999",
    "pool: {minSize: 60}": "spec.pool.maxSize: must be at least minSize: 50 is less than 60",
    "pool: 7": "spec.pool: must be a mapping (field: value), not the number 7",
    "pool: {lend: Session}": "spec.pool.lend: Session is not built yet; use Auto or Connection",
    "pool: {lend: auto}": "spec.pool.lend: must be one of Auto, Session, Connection, "
    "not the text 'auto'; did you mean Auto?",
    "baseline: {run: 3}": "spec.baseline: baseline is not built yet; remove it",
    "telemetry: {}": "spec.telemetry.endpoint: is required",
    "telemetry: {endpoint: 'http://me:hush@h'}": "spec.telemetry.endpoint: "
    "must be http://HOST:PORT or https://HOST:PORT, without a user name or password",
    "telemetry: {endpoint: 'http://h:0'}": "spec.telemetry.endpoint: "
    "has no usable port; write 1 to 65535",
    "faults: [{type: KillPod, at: 5}]": "spec.faults[0].type: 'KillPod' is not built yet; "
    "use CloseConnection",
    "faults: [{type: CloseConection, everyOperations: 5}]": "spec.faults[0].type: "
    "must be CloseConnection, not the text 'CloseConection'",
    "faults: {type: CloseConnection}": "spec.faults: must be a list (- item), not a mapping",
    "workload: {type: Scenario}": "spec.workload.scenario: is required, because type is Scenario",
    "workload: {seed: 7}": "spec.workload.scenario: is required, because type is Scenario",
    "workload: {type: Mix}": "spec.workload.mix: is required, because type is Mix",
    "workload: {type: Mix, mix: []}": "spec.workload.mix: must have at least 1 entry, not 0",
    "workload: {type: Mix, mix: [{name: a}]}": "spec.workload.mix[0].query: is required",
    "workload: {type: Mix, mix: [{name: a, query: b}, {name: a, query: c}]}": "spec.workload.mix[1]"
    ".name: 'a' is used twice; each operation needs its own name",
    "workload: {scenario: Burst, mix: [{name: a, query: b}]}": "spec.workload.mix: "
    "belongs to type Mix, but type is Scenario; remove one",
    "workload: {scenario: sustaned}": "spec.workload.scenario: must be one of Sustained, Burst, "
    "Churn, Complex, Progressive, not the text 'sustaned'; did you mean Sustained?",
    "workload: {scenario: Burst, setup: 5}": "spec.workload.setup: must be text, not the number 5; "
    "write it in quotes",
    "target: {type: URL, url: {endpoint: 'ws://[::1'}}": "spec.target.url.endpoint: can't be read "
    "as an address; write ws://HOST:PORT, IPv6 as ws://[::1]:PORT",
    "target: {type: URL, url: {endpoint: 'ws://h:99999999'}}": "spec.target.url.endpoint: "
    "has no usable port; write 1 to 65535",
    "target: {type: URL, url: {endpoint: 'ws://h', caRef: {name: a, key: b}}}": "spec.target.url."
    "caRef: needs an encrypted endpoint, wss://HOST:PORT",
    "target: {auth: {secretRef: {name: a}}}": "spec.target.auth.secretRef: needs type: "
    "StatefulSet or URL; other targets make their own credentials",
    "workload: {type: Python, python: {}}": "spec.workload.python: "
    "needs exactly one of configMapRef and file, not none",
    "workload: {type: Python, python: {configMapRef: {name: a, key: b}, file: /a.py}}": "spec."
    "workload.python: needs exactly one of configMapRef and file, not configMapRef, file",
    "workload: {type: Python, python: {file: a.py}}": "spec.workload.python.file: must be an "
    "absolute path of letters, digits and '_.@+-', without '..' and without '/' at its end; "
    "not 'a.py'",
    "target: {type: URL}": "spec.target.url: is required, because type is URL",
    "target: {url: {endpoint: 'ws://db'}}": "spec.target.type: is required with its settings: "
    "set type: URL",
    "target: {type: Embedded, statefulSet: {name: a}}": "spec.target.statefulSet: "
    "belongs to type StatefulSet, but type is Embedded; remove one",
    "target: {type: Ephemeral, auth: {secretRef: {name: a}}}": "spec.target.auth.secretRef: "
    "Ephemeral makes credentials of its own; remove it",
    "target: {type: URL, url: {endpoint: 'ws://root:secret@db:8000'}}": "spec.target.url.endpoint: "
    "must be ws://HOST:PORT or wss://HOST:PORT, without a user name or password",
    "target: {database: {name: 'a b'}}": "spec.target.database.name: must be letters, digits, "
    "'_', '-' and '.', beginning with a letter, digit or '_'; not 'a b'",
    "runners: {replicas: 100, processes: 6}": "spec.runners: 100 × 6 = 600 pools need at least "
    "one worker each, but spec.load.closed.workers is 500",
    "thresholds: [{metric: SuccessRatio, atLeast: 99.9}]": "spec.thresholds[0].atLeast: "
    "must be text, not the number 99.9; write it in quotes",
    "thresholds: [{metric: AcquireP9, below: 20ms}]": "spec.thresholds[0].metric: "
    "there is no 'AcquireP9'; did you mean AcquireP99?",
    "thresholds: [{metric: AcquireP95}]": "spec.thresholds[0]: "
    "needs exactly one of atLeast, atMost, above and below, not none",
    "thresholds: [{metric: AcquireP95, below: 20ms, above: 1ms}]": "spec.thresholds[0]: "
    "needs exactly one of atLeast, atMost, above and below, not above, below",
    "thresholds: [{metric: AcquireP95, below: 20/s}]": "spec.thresholds[0].below: "
    "AcquireP95 needs a duration such as '20ms' or '1s', not '20/s'",
    "thresholds: [{metric: AcquireP95, below: fast}]": "spec.thresholds[0].below: "
    "must be a number with its unit: '99.9%', '20ms', '500/s' or '0'; not 'fast'",
    "lostRunners: {maximum: 1}": "spec.lostRunners.maximum: "
    "belongs to policy Continue, but policy is Fail",
    "desiredState: Canceled": "spec.desiredState: must be one of Active, Cancelled, "
    "not the text 'Canceled'; did you mean Cancelled?",
    "load: {}": "spec.load: is written twice, first in line 5",
}


@pytest.mark.parametrize("line", IN_THE_SPEC)
def test_one_wrong_line_gives_one_problem(problems: Problems, line: str) -> None:
    assert problems(f"{HEAD}{LOAD}  {line}\n") == [f"loadtest.yaml:6: {IN_THE_SPEC[line]}"]


# Each case is what stands inside `runners: {pod: {…}}` (line 6), the field below it, the words.
IN_THE_POD = {
    "imagee: a": ("imagee", "there is no such field; did you mean image?"),
    "image: 'a b'": (
        "image",
        "must be an image reference such as surrealdb/surrealdb:v3.3.5; not 'a b'",
    ),
    "imagePullPolicy: Alway": (
        "imagePullPolicy",
        "must be one of Always, IfNotPresent, Never, not the text 'Alway'; did you mean Always?",
    ),
    "imagePullSecrets: [A]": (
        "imagePullSecrets[0]",
        "must be lower-case letters, digits, '-' and "
        "'.', beginning and ending with a letter or digit; not 'A'",
    ),
    "resources: {limits: {cpu: 1}}": (
        "resources.limits.cpu",
        "must be text, not the number 1; write it in quotes",
    ),
    "resources: {requests: {memory: 1 GB}}": (
        "resources.requests.memory",
        "must be a quantity such as '500m', '2' or '256Mi'; not '1 GB'",
    ),
    "nodeSelector: {a b: x}": (
        "nodeSelector.a b",
        "must be a key such as 'team' or 'example.com/team'; not 'a b'",
    ),
    "nodeSelector: {a: b/c}": (
        "nodeSelector.a",
        "must be letters, digits, '-', '_' and '.', "
        "beginning and ending with a letter or digit; not 'b/c'",
    ),
    "affinity: [1]": ("affinity", "must be a mapping (field: value), not a list"),
    "topologySpread: no": ("topologySpread", "must be one of Spread, None, not false"),
    "tolerations: [{}]": ("tolerations[0].key", "is required, because operator is Equal"),
    "tolerations: [{operator: Exists, value: a}]": (
        "tolerations[0].value",
        "belongs to operator Equal, but operator is Exists",
    ),
    "tolerations: [{key: a, tolerationSeconds: 5}]": (
        "tolerations[0].tolerationSeconds",
        "needs effect: NoExecute",
    ),
    "securityContext: {runAsUser: 0}": ("securityContext.runAsUser", "must be at least 1, not 0"),
    "labels: {purreal.dev/run: a}": (
        "labels.purreal.dev/run",
        "is set by the operator or by Kubernetes; remove it",
    ),
    "annotations: {job-name: a}": (
        "annotations.job-name",
        "is set by the operator or by Kubernetes; remove it",
    ),
    "env: [{name: A}]": (
        "env[0]",
        "needs exactly one of value, secretKeyRef and configMapKeyRef, not none",
    ),
    "env: [{name: PURREAL_RUN, value: a}]": (
        "env[0].name",
        "PURREAL_RUN is set by the operator; use another name",
    ),
    "env: [{name: A, value: a}, {name: A, value: b}]": (
        "env[1].name",
        "'A' is used twice; each variable needs its own name",
    ),
    "envFrom: [{prefix: A}]": (
        "envFrom[0]",
        "needs exactly one of configMapRef and secretRef, not none",
    ),
    "volumes: [{name: a, mountPath: /a}]": (
        "volumes[0]",
        "needs exactly one of configMap, secret, emptyDir and persistentVolumeClaim, not none",
    ),
    "volumes: [{name: a, mountPath: /, emptyDir: {}}]": (
        "volumes[0].mountPath",
        "must have at least 2 characters",
    ),
    "volumes: [{name: a, mountPath: /a/../b, emptyDir: {}}]": (
        "volumes[0].mountPath",
        "must be "
        "an absolute path of letters, digits and '_.@+-', without '..' and without '/' at its end; "
        "not '/a/../b'",
    ),
    "volumes: [{name: a, mountPath: /etc, emptyDir: {}}]": (
        "volumes[0].mountPath",
        "/etc is used by the runner itself; mount it elsewhere",
    ),
    "volumes: [{name: a, mountPath: /etc/purreal/x, emptyDir: {}}]": (
        "volumes[0].mountPath",
        "/etc/purreal/x is used by the runner itself; mount it elsewhere",
    ),
    "volumes: [{name: a, mountPath: /a, emptyDir: {}}, {name: a, mountPath: /b, emptyDir: {}}]": (
        "volumes[1].name",
        "'a' is used twice; each volume needs its own name",
    ),
    "volumes: [{name: a, mountPath: /a, emptyDir: {}}, {name: b, mountPath: /a, emptyDir: {}}]": (
        "volumes[1].mountPath",
        "'/a' is used twice; each volume needs its own path",
    ),
}


@pytest.mark.parametrize("line", IN_THE_POD)
def test_a_wrong_setting_of_the_pods_is_named(problems: Problems, line: str) -> None:
    field, words = IN_THE_POD[line]

    assert problems(f"{HEAD}{LOAD}  runners: {{pod: {{{line}}}}}\n") == [
        f"loadtest.yaml:6: spec.runners.pod.{field}: {words}"
    ]


# Each case is the line with the load (line 5).
IN_THE_LOAD = {
    "load: {closed: {workers: 5}}": "spec.load.stop: is required",
    "load: {stop: {operations: 5}}": "spec.load.closed: is required, because type is Closed",
    "load: {closed: {workers: 5}, stop: {}}": "spec.load.stop: needs operations or durationSeconds",
    "load: {closed: {workers: 5}, stop: {operations: 5, durationSeconds: 5}}": "spec.load.stop."
    "durationSeconds: only one of operations and durationSeconds is possible",
    "load: {type: Open, open: {arrivals: 5}}": "spec.load.type: Open is not built yet; use Closed",
    "load: {closed: {workers: 5}, open: {arrivals: 5}, stop: {operations: 5}}": "spec.load.open: "
    "open is not built yet; use closed",
    "loads: {}": "spec.loads: there is no such field; did you mean load?",
}


@pytest.mark.parametrize("line", IN_THE_LOAD)
def test_a_wrong_load_is_named(problems: Problems, line: str) -> None:
    assert f"loadtest.yaml:5: {IN_THE_LOAD[line]}" in problems(f"{HEAD}  {line}\n")


def test_all_problems_are_listed_in_the_order_of_their_lines(problems: Problems) -> None:
    text = (
        "kind: PoolLoadTest\n"
        "apiVersion: purreal.dev/v1\n"
        "metadata: {name: Checkout}\n"
        "spec:\n"
        "  thresholds:\n"
        "    - metric: AcquireP95\n"
        "      below: 20\n"
        "  runners: {replicas: 9}\n"
        "  load: {closed: {workers: 5}, stop: {operations: 0}}\n"
    )

    assert problems(text) == [
        "loadtest.yaml:2: apiVersion: must be purreal.dev/v1alpha1, not the text 'purreal.dev/v1'",
        "loadtest.yaml:3: metadata.name: must be lower-case letters, digits and '-', "
        "beginning and ending with a letter or digit; not 'Checkout'",
        "loadtest.yaml:7: spec.thresholds[0].below: must be text, not the number 20; "
        "write it in quotes",
        "loadtest.yaml:9: spec.load.stop.operations: must be at least 1, not 0",
    ]


def test_rules_between_parts_are_checked_although_other_fields_are_wrong(
    problems: Problems,
) -> None:
    text = f"{HEAD}{LOAD}  runners: {{replicas: 501}}\n  pool: {{maxSize: x}}\n"

    assert problems(text) == [
        "loadtest.yaml:6: spec.runners: 501 × 1 = 501 pools need at least one worker each, "
        "but spec.load.closed.workers is 500",
        "loadtest.yaml:7: spec.pool.maxSize: must be a whole number, not the text 'x'",
    ]


@pytest.mark.parametrize(
    ("metadata", "line"),
    [
        ("{}", "metadata.name: is required"),
        ("{name: ''}", "metadata.name: must not be empty"),
        (
            "{name: " + "a" * 41 + "}",
            "metadata.name: must have at most 40 characters, not 41",
        ),
        ("{name: 5}", "metadata.name: must be text, not the number 5; write it in quotes"),
        (
            "{name: a, labels: {on: x, b: true}}",
            "metadata.labels.b: must be text, not true; write it in quotes",
        ),
        (
            "{name: a, generateName: b}",
            "metadata.generateName: there is no such field; "
            "known here: name, namespace, labels, annotations",
        ),
        (
            "{name: a, labels: {a b: x}}",
            "metadata.labels.a b: must be a key such as 'team' or 'example.com/team'; not 'a b'",
        ),
        ("{name: a, lables: {}}", "metadata.lables: there is no such field; did you mean labels?"),
    ],
)
def test_wrong_metadata_is_named(problems: Problems, metadata: str, line: str) -> None:
    text = (
        f"apiVersion: purreal.dev/v1alpha1\nkind: PoolLoadTest\nmetadata: {metadata}\nspec:\n{LOAD}"
    )

    assert problems(text) == [f"loadtest.yaml:3: {line}"]


def test_annotations_larger_than_an_api_server_takes_are_refused(problems: Problems) -> None:
    half = "x" * 131_072
    metadata = f"{{name: a, annotations: {{a: {half}, b: {half}}}}}"

    [line] = problems(
        f"apiVersion: purreal.dev/v1alpha1\nkind: PoolLoadTest\nmetadata: {metadata}\nspec:\n{LOAD}"
    )

    assert line.endswith("have 262146 bytes together; at most 262144 are possible")


def test_more_text_than_a_config_map_holds_is_refused(problems: Problems) -> None:
    query = "x" * 16_384
    mix = "\n".join(f"      - {{name: q{n}, query: {query}}}" for n in range(9))

    [line] = problems(f"{HEAD}{LOAD}  workload:\n    type: Mix\n    mix:\n{mix}\n")

    assert line.endswith(
        "spec.workload.mix: setup and queries have 147456 characters together; at most 131072"
    )


def test_another_kind_of_document_is_the_only_problem(problems: Problems) -> None:
    assert problems("apiVersion: apps/v1\nkind: Deployment\nspec: {x: 1}\n") == [
        "loadtest.yaml:2: kind: must be PoolLoadTest, not 'Deployment'"
    ]


def test_a_password_in_an_address_is_not_repeated(problems: Problems) -> None:
    [line] = problems(f"{HEAD}{LOAD}  target: {{type: URL, url: {{endpoint: 'ws://a:hush@b'}}}}\n")

    assert "hush" not in line


def test_every_wrong_template_of_a_mix_has_its_place(problems: Problems) -> None:
    text = f"""{HEAD}{LOAD}  workload:
    type: Mix
    mix:
      - name: fine
        query: SELECT * FROM ${{table:item}} LIMIT $size
        params: {{size: "${{int:1:9}}"}}
      - name: wrong
        query: SELECT * FROM ${{foo}}
        params:
          size: "${{int:9:1}}"
          deep:
            list:
              - ok
              - "${{nobody}}"
"""

    found = problems(text)

    assert [" ".join(line.split(" ")[:2]) for line in found] == [
        "loadtest.yaml:13: spec.workload.mix[1].query:",
        "loadtest.yaml:15: spec.workload.mix[1].params.size:",
        "loadtest.yaml:19: spec.workload.mix[1].params.deep.list[1]:",
    ]
    assert "${foo} can't stand in a query" in found[0]
    assert "${int:9:1}: 9 is above 1" in found[1]
