"""What the operator and the runners may do, as the cluster's own authorizer answers it."""

from tests.cluster.installation import OPERATOR_NAMESPACE
from tests.cluster.kubectl import Kubectl

OPERATOR = f"system:serviceaccount:{OPERATOR_NAMESPACE}:purreal-operator"

ALLOWED = (
    "get poolloadtests.purreal.dev",
    "list poolloadtests.purreal.dev",
    "watch poolloadtests.purreal.dev",
    "delete poolloadtests.purreal.dev",
    "patch poolloadtests.purreal.dev/status",
    "create jobs.batch",
    "get jobs.batch",
    "create statefulsets.apps",
    "get statefulsets.apps",
    "create services",
    "get services",
    "create secrets",
    "create configmaps",
    "get configmaps",
    "delete configmaps",
    "list pods",
    "get pods/log",
    "create events",
    "list events",
)
DENIED = (
    "get secrets",
    "list secrets",
    "watch secrets",
    "update secrets",
    "patch secrets",
    "delete secrets",
    "get pods",
    "create pods",
    "delete pods",
    "patch pods",
    "watch pods",
    "create pods/exec",
    "get pods/exec",
    "create pods/portforward",
    "create pods/eviction",
    "create pods/ephemeralcontainers",
    "create serviceaccounts/token",
    "create serviceaccounts",
    "list configmaps",
    "watch configmaps",
    "update configmaps",
    "patch configmaps",
    "delete jobs.batch",
    "list jobs.batch",
    "patch jobs.batch",
    "create cronjobs.batch",
    "delete statefulsets.apps",
    "patch statefulsets.apps",
    "create deployments.apps",
    "patch deployments.apps",
    "delete deployments.apps",
    "create daemonsets.apps",
    "list services",
    "patch services",
    "delete services",
    "create poolloadtests.purreal.dev",
    "update poolloadtests.purreal.dev",
    "patch poolloadtests.purreal.dev",
    "deletecollection poolloadtests.purreal.dev",
    "get nodes",
    "list nodes",
    "list namespaces",
    "create namespaces",
    "list customresourcedefinitions.apiextensions.k8s.io",
    "patch customresourcedefinitions.apiextensions.k8s.io",
    "create rolebindings.rbac.authorization.k8s.io",
    "escalate clusterroles.rbac.authorization.k8s.io",
    "bind clusterroles.rbac.authorization.k8s.io",
    "create validatingwebhookconfigurations.admissionregistration.k8s.io",
    "impersonate users",
    "impersonate serviceaccounts",
    "create persistentvolumeclaims",
    "get leases.coordination.k8s.io",
    "* *",
)


def may(kubectl: Kubectl, who: str, right: str, *, namespace: str = "default") -> bool:
    """Whether the authorizer lets `who` do it, such as `get pods/log`."""
    verb, resource = right.split(" ")
    kind, _, subresource = resource.partition("/")
    words = [verb, kind] + ([f"--subresource={subresource}"] if subresource else [])
    asked = kubectl.attempt("auth", "can-i", *words, f"--as={who}", f"--namespace={namespace}")
    answer = asked.stdout.strip()
    assert answer in ("yes", "no"), f"{right}: {asked.stderr}"
    return answer == "yes"


def test_the_operator_may_do_what_a_run_needs(cluster: Kubectl) -> None:
    refused = [right for right in ALLOWED if not may(cluster, OPERATOR, right)]

    assert refused == []


def test_the_operator_may_do_nothing_else(cluster: Kubectl) -> None:
    granted = [right for right in DENIED if may(cluster, OPERATOR, right)]

    assert granted == []


def test_the_list_of_what_it_may_do_is_complete(cluster: Kubectl) -> None:
    role = cluster.get("clusterrole", "purreal-operator")

    granted = {
        f"{verb} {full_name(resource, group)}"
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert granted == set(ALLOWED)


def full_name(resource: str, group: str) -> str:
    """`poolloadtests/status` of `purreal.dev` as `poolloadtests.purreal.dev/status`."""
    kind, _, subresource = resource.partition("/")
    return kind + (f".{group}" if group else "") + (f"/{subresource}" if subresource else "")


def test_no_other_role_is_bound_to_the_operator(cluster: Kubectl) -> None:
    bindings = cluster.find("clusterrolebindings") + cluster.find(
        "rolebindings", options=("--all-namespaces",)
    )

    roles = [
        binding["roleRef"]["name"]
        for binding in bindings
        for subject in binding.get("subjects", ())
        if (subject.get("namespace"), subject["name"]) == (OPERATOR_NAMESPACE, "purreal-operator")
    ]
    assert roles == ["purreal-operator"]


def test_the_account_of_runner_pods_may_do_nothing(cluster: Kubectl, namespace: Kubectl) -> None:
    where = str(namespace.namespace)
    runner = f"system:serviceaccount:{where}:default"

    granted = [right for right in ALLOWED if may(cluster, runner, right, namespace=where)]

    assert granted == []
