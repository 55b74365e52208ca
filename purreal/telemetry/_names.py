"""Owns how the semantic conventions, and purreal beyond them, name attributes; knows no logic.

Written out because the package with the conventions' names belongs to the OpenTelemetry SDK, which
a library must not require. The tests compare them with that package.
"""

from typing import Final

SYSTEM: Final = {"db.system.name": "surrealdb"}

POOL_NAME: Final = "db.client.connection.pool.name"
STATE: Final = "db.client.connection.state"

OPERATION: Final = "db.operation.name"
STATUS_CODE: Final = "db.response.status_code"
ERROR_TYPE: Final = "error.type"

ACQUIRE_OUTCOME: Final = "purreal.acquire.outcome"
CONNECT_OUTCOME: Final = "purreal.connect.outcome"
REQUEST_OUTCOME: Final = "purreal.request.outcome"
