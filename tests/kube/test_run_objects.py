"""The database of a run, its Secrets, ConfigMaps and events, as they go to the API server."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta, timezone

import pytest

from purreal_operator.objects.event import LONGEST_MESSAGE, EventType, event_of_test
from purreal_operator.objects.identity import TestIdentity
from purreal_operator.objects.metadata import Manifest
from purreal_operator.objects.plan import plan_config_map
from purreal_operator.objects.results import part_config_map, report_config_map
from purreal_operator.objects.secrets import (
    hash_of,
    runner_token_secret,
    target_credentials_secret,
    target_token_secret,
)
from purreal_operator.objects.size import MOST_BYTES, TooLarge
from purreal_operator.objects.target import (
    EphemeralDatabase,
    target_service,
    target_stateful_set,
)

RUN = TestIdentity(namespace="shop", name="one", uid="test-uid").run(3)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DATABASE = EphemeralDatabase(
    run=RUN,
    plan_uid="plan-uid",
    image="surrealdb:1",
    start_seconds=90,
    token_secret="one-3-dbtoken-01234567",
    export_url="http://operator:4317",
)


def owner_of(manifest: Manifest) -> tuple[str, str]:
    (owner,) = manifest["metadata"]["ownerReferences"]
    assert owner["controller"] is True
    assert "blockOwnerDeletion" not in owner
    return owner["kind"], owner["uid"]


def entries_of(secret: Manifest) -> dict[str, str]:
    return {key: b64decode(value).decode() for key, value in secret["data"].items()}


def test_plan_and_report_stay_with_the_test() -> None:
    for manifest in (plan_config_map(RUN, "{}"), report_config_map(RUN, b"")):
        assert owner_of(manifest) == ("PoolLoadTest", "test-uid")


def test_all_else_goes_with_the_plan() -> None:
    for manifest in (
        runner_token_secret(RUN, "plan-uid", "t"),
        target_token_secret(RUN, "plan-uid", "t"),
        target_credentials_secret(RUN, "plan-uid", username="u", password="p"),
        target_service(RUN, "plan-uid"),
        target_stateful_set(DATABASE),
        part_config_map(RUN, "plan-uid", index=0, pod_uid="u", part=b""),
    ):
        assert owner_of(manifest) == ("ConfigMap", "plan-uid")


def test_the_plan_holds_the_document_and_never_changes() -> None:
    plan = plan_config_map(RUN, '{"kind": "é"}')

    assert plan["metadata"]["name"] == "one-3-plan"
    assert plan["data"] == {"document.json": '{"kind": "é"}'}
    assert plan["immutable"] is True


def test_a_part_says_which_pod_it_is_from() -> None:
    part = part_config_map(RUN, "plan-uid", index=7, pod_uid="a-pod", part=b"\x00\xff")

    assert part["metadata"]["name"] == "one-3-part-7"
    assert part["metadata"]["annotations"] == {"purreal.dev/pod-uid": "a-pod"}
    assert part["binaryData"] == {"part.otlp.gz": "AP8="}


def test_what_does_not_fit_is_refused_with_its_size_and_the_limit() -> None:
    full = bytes(MOST_BYTES)
    part_config_map(RUN, "plan-uid", index=7, pod_uid="u", part=full)
    report_config_map(RUN, full)
    plan_config_map(RUN, full.decode())

    with pytest.raises(TooLarge, match=r"result of runner 7 has 901 KiB; .* at most 900 KiB"):
        part_config_map(RUN, "plan-uid", index=7, pod_uid="u", part=full + bytes(1024))
    with pytest.raises(TooLarge, match="the report has"):
        report_config_map(RUN, full + b"x")
    with pytest.raises(TooLarge, match="the document has"):
        plan_config_map(RUN, "é" * MOST_BYTES)


def test_a_token_is_in_a_secret_that_is_named_after_its_hash() -> None:
    secret = runner_token_secret(RUN, "plan-uid", "tökén")

    assert secret["metadata"]["name"] == f"one-3-token-{hash_of('tökén')[:8]}"
    assert entries_of(secret) == {"token": "tökén"}


def test_the_database_presents_its_token_in_the_standard_header_variable() -> None:
    secret = target_token_secret(RUN, "plan-uid", "a+b,c=d")

    assert secret["metadata"]["name"] == f"one-3-dbtoken-{hash_of('a+b,c=d')[:8]}"
    assert entries_of(secret) == {"headers": "authorization=Bearer%20a%2Bb%2Cc%3Dd"}


def test_credentials_are_in_a_secret_alone() -> None:
    secret = target_credentials_secret(RUN, "plan-uid", username="root", password="geheim")

    assert entries_of(secret) == {"username": "root", "password": "geheim"}
    assert "geheim" not in str(target_stateful_set(DATABASE))


def test_the_database_is_a_stateful_set_of_one_that_exports_what_it_measures() -> None:
    stateful_set = target_stateful_set(DATABASE)
    spec = stateful_set["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    env = {entry.pop("name"): entry for entry in container["env"]}
    credentials = RUN.names.target_credentials("plan-uid")

    def secret(name: str, key: str) -> Manifest:
        return {"valueFrom": {"secretKeyRef": {"name": name, "key": key}}}

    assert (spec["replicas"], spec["serviceName"]) == (1, "one-3-db")
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
    assert container["image"] == "surrealdb:1"
    assert container["args"] == ["start", "--no-banner", "--bind", "0.0.0.0:8000", "memory"]
    assert container["startupProbe"]["failureThreshold"] == 90
    assert "livenessProbe" not in container
    assert env == {
        "SURREAL_USER": secret(credentials, "username"),
        "SURREAL_PASS": secret(credentials, "password"),
        "PURREAL_POD_UID": {"valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}},
        "SURREAL_TELEMETRY_PROVIDER": {"value": "otlp"},
        "SURREAL_PROCESS_METRICS_REFRESH_INTERVAL": {"value": "1"},
        "OTEL_EXPORTER_OTLP_ENDPOINT": {"value": "http://operator:4317"},
        "OTEL_METRIC_EXPORT_INTERVAL": {"value": "2000"},
        "OTEL_BSP_SCHEDULE_DELAY": {"value": "1000"},
        "OTEL_TRACES_SAMPLER": {"value": "parentbased_always_off"},
        "OTEL_RESOURCE_ATTRIBUTES": {
            "value": "purreal.run.id=test-uid-3,service.instance.id=$(PURREAL_POD_UID)"
        },
        "OTEL_EXPORTER_OTLP_HEADERS": secret("one-3-dbtoken-01234567", "headers"),
    }


def test_the_name_of_the_database_leads_to_it_even_while_it_is_not_ready() -> None:
    service = target_service(RUN, "plan-uid")

    assert service["metadata"]["name"] == "one-3-db"
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["publishNotReadyAddresses"] is True
    assert service["spec"]["ports"] == [{"name": "rpc", "port": 8000, "targetPort": "rpc"}]


def event(reason: str = "Began", message: str = "", key: str = "", at: datetime = NOW) -> Manifest:
    return event_of_test(RUN, EventType.NORMAL, reason, message, key=key, at=at)


def test_an_event_is_about_the_test_and_at_its_moment() -> None:
    made = event(message="it began", at=NOW.astimezone(timezone(timedelta(hours=5))))

    assert made["involvedObject"] == {
        "apiVersion": "purreal.dev/v1alpha1",
        "kind": "PoolLoadTest",
        "namespace": "shop",
        "name": "one",
        "uid": "test-uid",
    }
    assert (made["type"], made["reason"], made["message"]) == ("Normal", "Began", "it began")
    assert made["firstTimestamp"] == made["lastTimestamp"] == "2026-01-02T03:04:05Z"


def test_the_same_event_has_the_same_name_at_any_time() -> None:
    again = event(message="other words", at=NOW + timedelta(days=1))
    names = {event(reason="Ended")["metadata"]["name"], event(key="pod")["metadata"]["name"]}

    assert event()["metadata"] == again["metadata"]
    assert event()["metadata"]["name"] not in names
    assert len(names) == 2


def test_a_long_message_is_cut_to_what_the_api_server_takes() -> None:
    assert event(message="a" * LONGEST_MESSAGE)["message"] == "a" * LONGEST_MESSAGE
    for text in ("a" * 2000, "é" * 2000, "a" + "😀" * 2000):
        message = event(message=text)["message"]
        assert LONGEST_MESSAGE - 4 < len(message.encode()) <= LONGEST_MESSAGE
        assert text.startswith(message.removesuffix("…"))
