"""What the pod tells its runner, from the environment and from files; connects to nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from purreal_runner.document.password_file import BadPasswordFile, read_password

FILES = Path("/etc/purreal")
FILES_VARIABLE = "PURREAL_FILES"
"""Another folder instead of `FILES`, for a runner outside a pod."""


class BadSettings(Exception):
    """The environment or the files of this pod are not as a runner needs them."""


@dataclass(frozen=True, slots=True)
class PodSettings:
    """Everything that is said about this pod; no secret shows in its repr.

    Attributes:
        run_id: tells this run from all others, for ever.
        test, namespace, run: for people: which test, and its which run.
        operator_url: where to ask, without a slash at the end.
        target_url: the database, `ws://` or `wss://`.
        target_kind: `ephemeral`, `statefulSet` or `url`.
        index: which runner of the run, from 0.
        pod_uid: tells this pod from one that had the same index before.
        pod_name: for people.
        document_file: the frozen document.
        token: proves to the operator who asks.
        username, password: both None where nobody signs in.
        ca_file: the authority that signed the database's certificate; None: the system's own.
        workload_file: where a Python workload from a ConfigMap is mounted.
    """

    run_id: str
    test: str
    namespace: str
    run: int
    operator_url: str
    target_url: str
    target_kind: str
    index: int
    pod_uid: str
    pod_name: str
    document_file: Path
    workload_file: Path
    token: str = field(repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None

    @property
    def table_token(self) -> str:
        """What tells the tables of this run from another's; the same in all pods of the run."""
        return sha256(self.run_id.encode()).hexdigest()[:6]


def read_settings(environment: Mapping[str, str]) -> PodSettings:
    """Reads what the pod says.

    Raises:
        BadSettings: something is missing or wrong; the message names it and holds no secret.
    """
    files = Path(environment.get(FILES_VARIABLE) or FILES)
    username, password = _credentials(files / "credentials")
    ca_file = files / "ca" / "ca.crt"
    return PodSettings(
        run_id=_text(environment, "PURREAL_RUN_ID"),
        test=_text(environment, "PURREAL_TEST"),
        namespace=_text(environment, "PURREAL_NAMESPACE"),
        run=_number(environment, "PURREAL_RUN"),
        operator_url=_address(environment, "PURREAL_OPERATOR_URL", ("http", "https")).rstrip("/"),
        target_url=_address(environment, "PURREAL_TARGET_URL", ("ws", "wss")),
        target_kind=_text(environment, "PURREAL_TARGET_KIND"),
        index=_number(environment, "JOB_COMPLETION_INDEX"),
        pod_uid=_text(environment, "PURREAL_POD_UID"),
        pod_name=_text(environment, "PURREAL_POD_NAME"),
        document_file=files / "plan" / "document.json",
        workload_file=files / "workload" / "load.py",
        token=_secret(files / "token" / "token"),
        username=username,
        password=password,
        ca_file=ca_file if ca_file.is_file() else None,
    )


def _text(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise BadSettings(f"the environment variable {name} is missing; the operator sets it")
    return value


def _number(environment: Mapping[str, str], name: str) -> int:
    text = _text(environment, name)
    if not (text.isascii() and text.isdigit()):
        raise BadSettings(f"{name} must be a whole number, not {text!r}")
    return int(text)


def _address(environment: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str:
    address = _text(environment, name)
    try:
        parts = urlsplit(address)
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        has_user = parts.username is not None
    except ValueError:
        usable = has_user = False
    if has_user:
        # Not repeated: whatever stands before the @ may be a password.
        raise BadSettings(f"{name} must hold no user name and no password")
    if not usable:
        raise BadSettings(f"{name} must be {schemes[0]}://HOST:PORT, not {address!r}")
    return address


def _credentials(folder: Path) -> tuple[str | None, str | None]:
    names = [folder / "username", folder / "password"]
    there = [file.is_file() for file in names]
    if not any(there):
        return None, None
    if not all(there):
        raise BadSettings(f"{names[there.index(False)]} is missing: sign-in needs both files")
    return _secret(names[0]), _secret(names[1])


def _secret(file: Path) -> str:
    try:
        return read_password(file)
    except BadPasswordFile as error:
        raise BadSettings(f"{file} {error}") from error
