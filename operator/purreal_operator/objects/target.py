"""The ephemeral SurrealDB of a run: a StatefulSet of one, and its headless Service."""

from dataclasses import dataclass

from purreal_operator.objects.identity import RunIdentity
from purreal_operator.objects.metadata import Manifest, owned_by_plan
from purreal_operator.objects.names import TARGET_CONTAINER, TARGET_PORT, Component
from purreal_operator.objects.runner_files import scratch
from purreal_operator.objects.secrets import HEADERS_KEY, PASSWORD_KEY, USERNAME_KEY
from purreal_operator.objects.security import container_security, pod_security

GRACE_SECONDS = 10
_PORT_NAME = "rpc"


@dataclass(frozen=True, slots=True)
class EphemeralDatabase:
    """What the ephemeral database is made from.

    Attributes:
        run: whose database it is.
        plan_uid: uid of the run's plan ConfigMap.
        image: of SurrealDB.
        start_seconds: how long it may take to get ready.
        token_secret: name of the Secret with the header for its exports.
        export_url: where it exports by OTLP over gRPC, `http://HOST:PORT`.
    """

    run: RunIdentity
    plan_uid: str
    image: str
    start_seconds: int
    token_secret: str
    export_url: str


def target_service(run: RunIdentity, plan_uid: str) -> Manifest:
    """Build the headless Service.

    Its name leads to the pod even while that is not ready: a database under more load than it
    can bear shall look slow to the pools, not unknown.
    """
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": owned_by_plan(run, plan_uid, run.names.target, Component.TARGET),
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": run.names.labels(Component.TARGET),
            "ports": [{"name": _PORT_NAME, "port": TARGET_PORT, "targetPort": _PORT_NAME}],
        },
    }


def target_stateful_set(database: EphemeralDatabase) -> Manifest:
    """Build the StatefulSet."""
    run = database.run
    labels = run.names.labels(Component.TARGET)
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": owned_by_plan(run, database.plan_uid, run.names.target, Component.TARGET),
        "spec": {
            "replicas": 1,
            "serviceName": run.names.target,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": _pod_spec(database)},
        },
    }


def _pod_spec(database: EphemeralDatabase) -> Manifest:
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": pod_security(),
        "containers": [_container(database)],
        "volumes": [scratch().volume],
    }


def _container(database: EphemeralDatabase) -> Manifest:
    health = {"path": "/health", "port": _PORT_NAME}
    return {
        "name": TARGET_CONTAINER,
        "image": database.image,
        "args": ["start", "--no-banner", "--bind", f"0.0.0.0:{TARGET_PORT}", "memory"],
        "env": _variables(database),
        "ports": [{"name": _PORT_NAME, "containerPort": TARGET_PORT}],
        # no limits: what the load test finds shall be the database's own
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}},
        "securityContext": container_security(),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        # no liveness probe: a database that hangs is a finding, not a reason to restart it
        "startupProbe": {
            "httpGet": health,
            "periodSeconds": 1,
            "timeoutSeconds": 2,
            "failureThreshold": database.start_seconds,
        },
        "readinessProbe": {"httpGet": health, "periodSeconds": 2, "timeoutSeconds": 2},
        "volumeMounts": [scratch().mount],
    }


def _variables(database: EphemeralDatabase) -> list[Manifest]:
    credentials = database.run.names.target_credentials(database.plan_uid)
    return [
        _from_secret("SURREAL_USER", credentials, USERNAME_KEY),
        _from_secret("SURREAL_PASS", credentials, PASSWORD_KEY),
        {"name": "PURREAL_POD_UID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}},
        *_export_variables(database),
    ]


def _export_variables(database: EphemeralDatabase) -> list[Manifest]:
    """Metrics every two seconds, and spans of sampled requests only: others would be a flood."""
    attributes = f"purreal.run.id={database.run.run_id},service.instance.id=$(PURREAL_POD_UID)"
    values = {
        "SURREAL_TELEMETRY_PROVIDER": "otlp",
        # seconds; by its own choice the database would look at itself too seldom for a short run
        "SURREAL_PROCESS_METRICS_REFRESH_INTERVAL": "1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": database.export_url,
        "OTEL_METRIC_EXPORT_INTERVAL": "2000",
        "OTEL_BSP_SCHEDULE_DELAY": "1000",
        "OTEL_TRACES_SAMPLER": "parentbased_always_off",
        "OTEL_RESOURCE_ATTRIBUTES": attributes,
    }
    return [
        *({"name": name, "value": value} for name, value in values.items()),
        _from_secret("OTEL_EXPORTER_OTLP_HEADERS", database.token_secret, HEADERS_KEY),
    ]


def _from_secret(variable: str, secret: str, key: str) -> Manifest:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
