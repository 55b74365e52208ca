"""What is mounted into a runner pod: its own files, then the user's volumes; knows no variables."""

from collections.abc import Iterator
from dataclasses import dataclass

from purreal_operator.objects.access import TargetAccess
from purreal_operator.objects.metadata import Manifest
from purreal_operator.objects.names import DOCUMENT_KEY
from purreal_operator.objects.secrets import TOKEN_KEY
from purreal_runner.document.enums import Medium
from purreal_runner.document.pod_inputs import EmptyDir, Volume
from purreal_runner.document.target import ConfigMapKey

FILES = "/etc/purreal"
SCRATCH_SIZE = "256Mi"


@dataclass(frozen=True, slots=True)
class Mounted:
    """A volume of a pod and where the container sees it."""

    volume: Manifest
    path: str
    read_only: bool = True

    @property
    def mount(self) -> Manifest:
        """The entry in the container's `volumeMounts`."""
        mount: Manifest = {"name": self.volume["name"], "mountPath": self.path}
        return {**mount, "readOnly": True} if self.read_only else mount


def scratch() -> Mounted:
    """The only place where a container may write."""
    volume = {"name": "tmp", "emptyDir": {"sizeLimit": SCRATCH_SIZE}}
    return Mounted(volume, "/tmp", read_only=False)  # noqa: S108 - a path in the container


def own_files(
    plan: str, token_secret: str, access: TargetAccess, workload: ConfigMapKey | None
) -> Iterator[Mounted]:
    """Yield the files a runner reads.

    Args:
        plan: name of the plan ConfigMap.
        token_secret: name of the Secret with the runners' token.
        access: to the target.
        workload: ConfigMap entry with the Python workload, if there is one.
    """
    yield _config_map("plan", plan, {DOCUMENT_KEY: DOCUMENT_KEY})
    yield _secret("token", token_secret, {TOKEN_KEY: "token"})
    if (credentials := access.credentials) is not None:
        keys = {credentials.username_key: "username", credentials.password_key: "password"}
        yield _secret("credentials", credentials.name, keys)
    if (authority := access.certificate_authority) is not None:
        yield _config_map("ca", authority.name, {authority.key: "ca.crt"})
    if workload is not None:
        yield _config_map("workload", workload.name, {workload.key: "load.py"})


def user_volume(volume: Volume) -> Mounted:
    """Turn a volume of the document into one of a pod; its name can't meet one of ours."""
    source: Manifest = {}
    if volume.config_map is not None:
        source = {"configMap": {"name": volume.config_map.name}}
    elif volume.secret is not None:
        source = {"secret": {"secretName": volume.secret.name}}
    elif volume.persistent_volume_claim is not None:
        claim = volume.persistent_volume_claim.name
        source = {"persistentVolumeClaim": {"claimName": claim, "readOnly": volume.read_only}}
    elif volume.empty_dir is not None:
        source = {"emptyDir": _empty_dir(volume.empty_dir)}
    return Mounted({"name": f"user-{volume.name}", **source}, volume.mount_path, volume.read_only)


def _empty_dir(settings: EmptyDir) -> Manifest:
    source: Manifest = {"medium": "Memory"} if settings.medium is Medium.MEMORY else {}
    return source | ({"sizeLimit": settings.size_limit} if settings.size_limit else {})


def _config_map(name: str, config_map: str, keys: dict[str, str]) -> Mounted:
    return Mounted(
        {"name": name, "configMap": {"name": config_map, "items": _items(keys)}}, f"{FILES}/{name}"
    )


def _secret(name: str, secret: str, keys: dict[str, str]) -> Mounted:
    return Mounted(
        {"name": name, "secret": {"secretName": secret, "items": _items(keys)}}, f"{FILES}/{name}"
    )


def _items(keys: dict[str, str]) -> list[Manifest]:
    return [{"key": key, "path": path} for key, path in keys.items()]
