"""Fills an empty Secret with a user and a random password, once; knows nothing of tests or runs.

The chart's shared database runs it before it starts. What is in the Secret already stays, so
neither an upgrade nor a restart changes a password that somebody uses.
"""

import argparse
import asyncio
import logging
import secrets
import sys
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from purreal_operator.cluster.api import FIELD_MANAGER, Api, Json, by_pod_or_file, succeeded
from purreal_operator.cluster.errors import ClusterError, Gone
from purreal_operator.cluster.kinds import SECRETS
from purreal_runner.exit_codes import ExitCode

logger = logging.getLogger(__name__)

USERNAME = "root"
_PASSWORD_BYTES = 24
_REQUEST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Place:
    """Which entries to fill.

    Attributes:
        namespace, secret: where.
        username_entry, password_entry: their keys.
    """

    namespace: str
    secret: str
    username_entry: str
    password_entry: str


def missing_entries(found: Json, place: Place, password: str) -> Json | None:
    """The change that fills the Secret, None if it has both entries.

    It holds for the Secret as it was read only: of two that fill it at once, one is refused.

    Args:
        found: the Secret as it is.
        place: which entries it shall have.
        password: a new one.
    """
    there = found.get("data") or {}
    if place.username_entry in there and place.password_entry in there:
        return None
    entries = {place.username_entry: USERNAME, place.password_entry: password}
    return {
        "metadata": {"resourceVersion": found["metadata"]["resourceVersion"]},
        "data": {key: b64encode(value.encode()).decode() for key, value in entries.items()},
    }


async def fill(api: Api, place: Place) -> bool:
    """Fill the Secret unless it is filled; returns whether it was done now.

    Raises:
        Gone: there is no such Secret.
        ClusterError: see its other subclasses.
    """
    path, action = SECRETS.path(place.namespace, place.secret), f"fill Secret {place.secret}"
    found = await api.get(path, action)
    if found is None:
        raise Gone(f"{action}: there is none in {place.namespace}")
    change = missing_entries(found, place, secrets.token_urlsafe(_PASSWORD_BYTES))
    if change is None:
        return False
    answer = await api.ask(
        "PATCH",
        path,
        action,
        query={"fieldManager": FIELD_MANAGER},
        body=change,
        content_type="application/merge-patch+json",
    )
    succeeded(answer, action)
    return True


def main(argv: Sequence[str] | None = None) -> int:
    """Fill the Secret of the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    for option in ("namespace", "secret", "username-entry", "password-entry"):
        parser.add_argument(f"--{option}", required=True, metavar="NAME")
    place = Place(**vars(parser.parse_args(argv)))
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        done = asyncio.run(_fill_by_service_account(place))
    except ClusterError as error:
        logger.error("%s", error)
        return ExitCode.ERROR
    logger.info("Secret %s %s", place.secret, "has a new password" if done else "is filled")
    return ExitCode.OK


async def _fill_by_service_account(place: Place) -> bool:
    async with Api(by_pod_or_file(None), _REQUEST_SECONDS) as api:
        return await fill(api, place)


if __name__ == "__main__":
    sys.exit(main())
