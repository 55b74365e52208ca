"""What the reference page says that no model can: units, examples, the text around the tables."""

UNITS = {"Seconds": "s", "Success": "s", "Failure": "s", "Milliseconds": "ms"}
COUNTED = {
    "minSize": "leases",
    "maxSize": "leases",
    "replicas": "pods or pools",
    "processes": "processes",
    "workers": "workers",
    "operations": "operations",
    "everyOperations": "operations",
    "maximum": "runners",
}
EXAMPLES = {
    "target": 'target:\n  type: URL\n  url: {endpoint: "wss://db.example:8000"}\n'
    "  database: {namespace: shop, name: checkout}",
    "pool": "pool: {minSize: 50, maxSize: 600, maxLifetimeSeconds: 300, maxIdleTimeSeconds: 60, "
    "acquireTimeoutSeconds: 30}",
    "runners": "runners:\n  replicas: 5\n  pod:\n    resources: {requests: {cpu: 500m, memory: "
    "256Mi}}\n    tolerations: [{key: load, operator: Exists}]\n    env: [{name: SHOP_TOKEN, "
    "secretKeyRef: {name: shop, key: token}}]\n    volumes: [{name: data, mountPath: /data, "
    "configMap: {name: shop-data}}]",
    "workload": 'workload:\n  type: Mix\n  mix:\n    - {name: read, weight: 9, query: "SELECT * '
    'FROM ${table:item} LIMIT 1"}\n    - {name: write, weight: 1, query: "CREATE ${table:item} '
    'SET size = $size", params: {size: "${int:1:9}"}}',
    "load": "load:\n  type: Closed\n  closed: {workers: 500}\n  stop: {operations: 5000}\n"
    "  warmUpSeconds: 5",
    "faults": "faults:\n  - {type: CloseConnection, everyOperations: 100}",
    "thresholds": 'thresholds:\n  - {metric: SuccessRatio, atLeast: "99.9%"}\n'
    "  - {metric: AcquireP95, below: 20ms}\n  - {metric: Throughput, above: 500/s}\n"
    '  - {metric: FailedOperations, atMost: "0"}',
    "lostRunners": "lostRunners: {policy: Continue, maximum: 1}",
    "deadlines": "deadlines: {readySeconds: 60, runSeconds: 600}",
    "retention": "retention: {ttlSecondsAfterSuccess: 3600}",
    "telemetry": 'telemetry: {endpoint: "http://otel-collector.observability:4318"}',
}

INTRODUCTION = """\
<!-- Written by tools/generate_reference.py from the models; edit those. -->

# The fields of `PoolLoadTest`

One file describes a load test. `purreal run FILE` runs it here, `purreal validate FILE` checks it,
`kubectl apply -f FILE` runs it on a cluster that has the operator.
It is read as kubectl reads it (YAML 1.1 or JSON; `yes` is true, `1:30` is text), except that a
field written twice is refused. Unknown fields are refused, and an empty field is an absent one.

The smallest document:

```yaml
apiVersion: purreal.dev/v1alpha1
kind: PoolLoadTest
metadata: {name: smallest}
spec:
  load: {closed: {workers: 50}, stop: {operations: 500}}
```

*Required* in the column "Default" means that the field must be written (inside its part, if that
part is written). *Works* says where: *everywhere*, or *on a cluster* only (`purreal validate`
checks it, and a run on this machine does without it). What this version has not is refused by name.
On a cluster the same rules hold: what `purreal validate` refuses, the API server refuses, too.
"""

LOCALLY = """\
## What a cluster knows and a laptop does not

| In the document | Locally |
|---|---|
| no `target.type` | an embedded SurrealDB is started for the run |
| `target.type: Ephemeral` | the same; `--engine server` starts a real `surreal` binary |
| `target.type: StatefulSet` | needs `--url` |
| `target.auth.secretRef` | needs `--password-file` (and `--user`, else `root`) |
| `target.url.caRef` | needs `--ca-file` |
| `workload.python.configMapRef`, `.file` | needs `--workload FILE.py:FUNCTION` |
| `runners.pod`, `telemetry` | checked and ignored |
| `runners.replicas` × `runners.processes` | as many pools as the cluster would have |

What is missing is named with its flag, and the exit code is 104.

## What an API server can't see

It refuses what `purreal validate` refuses, and takes what it takes, except:

| In the document | `purreal validate` | On a cluster |
|---|---|---|
| `target.type: Embedded` | valid | refused: it works with `purreal run` only |
| a wrong placeholder inside `workload.mix[].params`, or a wrong name of a parameter | refused | \
taken by the API server, refused by the operator (condition `Accepted` is `False`) |
| a field that is written twice | refused | kubectl sends the last one and says nothing |
| unknown fields of `status` | ignored | refused |

A wrong value of an address is never repeated in an answer: it may hold a password.
"""
