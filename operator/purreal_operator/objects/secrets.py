"""Secrets of a run; their values are given in, made and remembered elsewhere."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote

from purreal_operator.objects.identity import RunIdentity
from purreal_operator.objects.metadata import Manifest, owned_by_plan
from purreal_operator.objects.names import Component

TOKEN_KEY = "token"  # noqa: S105 - the name of an entry
HEADERS_KEY = "headers"
USERNAME_KEY = "username"
PASSWORD_KEY = "password"  # noqa: S105 - the name of an entry


def hash_of(token: str) -> str:
    """The SHA-256 of a token in hex: what may be stored and what its Secret is named after."""
    return sha256(token.encode()).hexdigest()


def runner_token_secret(run: RunIdentity, plan_uid: str, token: str) -> Manifest:
    """Build the Secret with the bearer token that the runners present."""
    name = run.names.runner_token(hash_of(token))
    return _secret(run, plan_uid, name, Component.TOKEN, {TOKEN_KEY: token})


def target_token_secret(run: RunIdentity, plan_uid: str, token: str) -> Manifest:
    """Build the Secret with the header by which the ephemeral database presents `token`.

    The value is that of the variable `OTEL_EXPORTER_OTLP_HEADERS`, percent-encoded as it says.
    """
    name = run.names.target_token(hash_of(token))
    header = f"authorization={quote(f'Bearer {token}', safe='')}"
    return _secret(run, plan_uid, name, Component.TOKEN, {HEADERS_KEY: header})


def target_credentials_secret(
    run: RunIdentity, plan_uid: str, *, username: str, password: str
) -> Manifest:
    """Build the Secret with the user that the ephemeral database begins with."""
    name = run.names.target_credentials(plan_uid)
    entries = {USERNAME_KEY: username, PASSWORD_KEY: password}
    return _secret(run, plan_uid, name, Component.TARGET, entries)


def _secret(
    run: RunIdentity, plan_uid: str, name: str, component: Component, entries: Mapping[str, str]
) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": owned_by_plan(run, plan_uid, name, component),
        "type": "Opaque",
        "immutable": True,
        "data": {key: b64encode(value.encode()).decode() for key, value in entries.items()},
    }
