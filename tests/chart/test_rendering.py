"""What the chart renders: linted, accepted by a real API server, restricted, refused when wrong."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.helm import CHART, Helm, Values
from tests.chart.releases import IMAGE
from tests.cluster.kubectl import Kubectl
from tests.cluster.place import ROOT

EXTREME: Values = yaml.safe_load(Path(__file__).with_name("extreme_values.yaml").read_text())
VALUES = {
    "default": {},
    "shared database": {"surrealdb": {"enabled": True}},
    "database with a given Secret": {
        "surrealdb": {
            "enabled": True,
            "auth": {"existingSecret": "own"},
            "storage": {"type": "PersistentVolume", "whenDeleted": "Retain"},
        }
    },
    "as little as possible": {
        "crds": {"install": False},
        "userRoles": {"create": False},
        "serviceAccount": {"create": False, "name": "there"},
        "networkPolicy": {"enabled": False},
        "smokeTest": {"enabled": False},
        "resources": None,
    },
    "extreme": EXTREME,
}
EACH = pytest.mark.parametrize("values", VALUES.values(), ids=VALUES.keys())
OF_PROMETHEUS = {"podmonitors": "PodMonitor", "prometheusrules": "PrometheusRule"}
WRONG = {
    "no list": ({"watchNamespaces": "shop"}, "'/watchNamespaces': got string, want array"),
    "no name of a namespace": ({"watchNamespaces": ["Shop"]}, "'/watchNamespaces/0'"),
    "unknown value": ({"image": {"tags": "1"}}, "'/image': additional properties 'tags'"),
    "unknown part": ({"imag": {}}, "additional properties 'imag' not allowed"),
    "unknown level": ({"logLevel": "LOUD"}, "must be one of 'DEBUG', 'INFO'"),
    "half a digest": ({"image": {"digest": "sha256:12"}}, "'/image/digest'"),
    "no switch": ({"surrealdb": {"enabled": "yes"}}, "got string, want boolean"),
    "a part taken away": ({"probes": None}, "missing property 'probes'"),
    "a port that is none": ({"networkPolicy": {"apiServerPorts": [0]}}, "minimum: got 0, want 1"),
    "too long a name": ({"fullnameOverride": "x" * 41}, "maxLength: got 41, want 40"),
    "nobody's account": ({"serviceAccount": {"create": False}}, "name one that exists"),
    "a password that goes before its data": (
        {
            "surrealdb": {
                "enabled": True,
                "storage": {"type": "PersistentVolume", "whenDeleted": "Retain"},
            }
        },
        "name a Secret in surrealdb.auth.existingSecret",
    ),
}


def objects(text: str) -> list[dict[str, Any]]:
    """What was rendered, object by object."""
    return [each for each in yaml.safe_load_all(text) if each]


def pods(rendered: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The specs of all pods that it makes."""
    return [
        each["spec"]["template"]["spec"] for each in rendered if "template" in each.get("spec", {})
    ]


@pytest.fixture(scope="module")
def prometheus(api_server: Kubectl) -> Iterator[None]:
    """Stand-ins for the resources of the Prometheus operator, where a cluster has none."""
    missing = [
        stand_in(plural, kind)
        for plural, kind in OF_PROMETHEUS.items()
        if not api_server.exists("crd", f"{plural}.monitoring.coreos.com")
    ]
    for resource in missing:
        api_server.apply(resource)
    for resource in missing:
        api_server.wait(f"crd/{resource['metadata']['name']}", "condition=Established", seconds=30)
    yield
    for resource in missing:
        api_server.delete("crd", resource["metadata"]["name"])


def stand_in(plural: str, kind: str) -> dict[str, Any]:
    """A resource of that name that takes anything."""
    group = "monitoring.coreos.com"
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [version | {"schema": {"openAPIV3Schema": anything}}],
        },
    }


@EACH
def test_it_passes_the_strict_lint(helm: Helm, values: Values) -> None:
    said = helm.run("lint", "--strict", str(CHART), values=values)

    assert "0 chart(s) failed" in said
    assert "[WARNING]" not in said


@EACH
def test_the_api_server_takes_it_without_a_warning(
    helm: Helm, api_server: Kubectl, home: Kubectl, prometheus: None, values: Values
) -> None:
    rendered = objects(replace(helm, namespace=str(home.namespace)).template("try", values))
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": rendered})

    options = ("--server-side", "--force-conflicts", "--field-manager=a-test", "-f", "-")
    strict = ("--dry-run=server", "--validate=strict")
    done = api_server.attempt("apply", *strict, *options, stdin=manifest)

    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize(("values", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_value_is_named_with_what_would_be_right(
    helm: Helm, values: Values, said: str
) -> None:
    done = helm.attempt("template", "try", str(CHART), values=values)

    assert done.returncode != 0
    assert said in done.stderr


def test_nothing_has_a_fixed_user(helm: Helm) -> None:
    values = {"surrealdb": {"enabled": True}}

    rendered = pods(objects(helm.template("try", values)))

    assert len(rendered) == 4  # the operator, the database, its password, the smoke test
    for pod in rendered:
        settings = [pod["securityContext"]]
        settings += [container["securityContext"] for container in pod["containers"]]
        assert all("runAsUser" not in each for each in settings)
        assert pod["securityContext"]["runAsNonRoot"] is True


def test_a_digest_takes_the_place_of_a_tag_everywhere(helm: Helm) -> None:
    digest = f"sha256:{'0' * 64}"
    image = {"repository": "registry.example/purreal", "tag": "1", "digest": digest}

    text = helm.template("try", {"image": image})

    assert f"registry.example/purreal@{digest}" in text
    assert "registry.example/purreal:1" not in text


def test_an_image_without_a_tag_is_that_of_the_chart(helm: Helm) -> None:
    about = yaml.safe_load((CHART / "Chart.yaml").read_text())

    (operator, _) = pods(objects(helm.template("try", {})))

    assert operator["containers"][0]["image"] == f"localhost/purreal:{about['appVersion']}"


def test_the_selectors_hold_whatever_labels_are_added(helm: Helm) -> None:
    labels = {"app.kubernetes.io/name": "other", "app.kubernetes.io/instance": "other"}
    values = {"commonLabels": labels, "podLabels": labels}

    rendered = objects(helm.template("try", values))

    operator = next(each for each in rendered if each["kind"] == "Deployment")["spec"]
    wanted = operator["selector"]["matchLabels"].items()
    assert wanted <= operator["template"]["metadata"]["labels"].items()


def test_names_that_look_like_numbers_or_truths_stay_names(helm: Helm) -> None:
    values = {
        "watchNamespaces": ["123"],
        "image": {"pullSecrets": ["456"]},
        "priorityClassName": "789",
        "surrealdb": {
            "enabled": True,
            "storage": {"type": "PersistentVolume", "storageClassName": "1"},
        },
    }

    rendered = objects(replace(helm, namespace="2026").template("on", values))

    metadata = [each["metadata"] for each in rendered if "namespace" in each["metadata"]]
    assert {each["namespace"] for each in metadata} == {"123", "2026"}
    assert {each["labels"]["app.kubernetes.io/instance"] for each in metadata} == {"on"}
    subjects = [one for each in rendered for one in each.get("subjects", ())]
    assert {each["namespace"] for each in subjects} == {"123", "2026"}
    operator, database = (
        next(each["spec"] for each in rendered if each["kind"] == kind)
        for kind in ("Deployment", "StatefulSet")
    )
    pod = operator["template"]["spec"]
    assert (pod["imagePullSecrets"], pod["priorityClassName"]) == ([{"name": "456"}], "789")
    assert database["volumeClaimTemplates"][0]["spec"]["storageClassName"] == "1"


def test_for_some_namespaces_no_right_reaches_beyond_them(helm: Helm) -> None:
    values = {"watchNamespaces": ["red", "blue"], "userRoles": {"create": False}}

    rendered = objects(helm.template("try", values))

    kinds = [each["kind"] for each in rendered]
    assert not {"ClusterRole", "ClusterRoleBinding"} & set(kinds)
    of_the_operator = [
        each["metadata"]["namespace"]
        for each in rendered
        if each["kind"] == "Role" and each["metadata"]["name"] == "purreal-operator"
    ]
    assert sorted(of_the_operator) == ["blue", "red"]


def test_the_resource_is_rendered_as_it_was_generated(helm: Helm) -> None:
    rendered = objects(helm.template("try", {}))

    (resource,) = [each for each in rendered if each["kind"] == "CustomResourceDefinition"]
    assert resource == yaml.safe_load((CHART / "files" / "crd.yaml").read_text())
    assert resource["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_a_random_password_is_nothing_that_rendering_could_change(helm: Helm) -> None:
    values = {"surrealdb": {"enabled": True}}

    first, second = (helm.template("try", values) for _ in range(2))

    assert first == second
    (secret,) = [each for each in objects(first) if each["kind"] == "Secret"]
    assert "data" not in secret
    assert "stringData" not in secret


def test_who_writes_the_password_may_do_nothing_else(helm: Helm) -> None:
    rendered = objects(helm.template("try", {"surrealdb": {"enabled": True}}))

    accounts = {
        each["metadata"]["name"]: each["rules"]
        for each in rendered
        if each["kind"] == "Role" and "hook" not in str(each["metadata"])
    }
    one_secret = {
        "apiGroups": [""],
        "resources": ["secrets"],
        "resourceNames": ["try-purreal-operator-surrealdb"],
        "verbs": ["get", "patch"],
    }
    assert accounts == {"try-purreal-operator-password": [one_secret]}
    (database,) = [each for each in rendered if each["kind"] == "StatefulSet"]
    assert database["spec"]["template"]["spec"]["automountServiceAccountToken"] is False
    assert "serviceAccountName" not in database["spec"]["template"]["spec"]


def test_a_packaged_chart_has_all_that_its_templates_read(helm: Helm, tmp_path: Path) -> None:
    helm.run("package", str(CHART), f"--destination={tmp_path}")
    (package,) = tmp_path.iterdir()
    values = {"metrics": EXTREME["metrics"], **IMAGE}

    assert helm.template("try", values, chart=package) == helm.template("try", values)


def test_the_plain_installation_is_rendered_from_the_chart(helm: Helm) -> None:
    python, tool = ROOT / ".venv" / "bin" / "python", ROOT / "tools" / "generate_operator.py"

    done = subprocess.run(
        [str(python), str(tool), "--check"],
        env={"PATH": str(Path(helm.program).parent)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert done.stdout == ""
