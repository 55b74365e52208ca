"""Reads a stored status, also one that another version of the operator wrote; writes none."""

import logging
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from purreal_operator.status.model import PoolLoadTestStatus

logger = logging.getLogger(__name__)


def status_of(resource: Mapping[str, Any]) -> PoolLoadTestStatus:
    """The status of a `PoolLoadTest` as the API server stores it.

    Fields that this version can't read are taken as if they were not there: a newer operator may
    have written them, and a test must come to its end also when the operator is set back.
    """
    stored: Mapping[str, Any] = resource.get("status") or {}
    try:
        return PoolLoadTestStatus.model_validate(stored)
    except ValidationError as error:
        unreadable = {str(problem["loc"][0]) for problem in error.errors()}
    logger.warning("fields of a status that this version can't read: %s", sorted(unreadable))
    kept = {name: value for name, value in stored.items() if name not in unreadable}
    return PoolLoadTestStatus.model_validate(kept)
