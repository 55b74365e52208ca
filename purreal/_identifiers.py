"""Owns reading the ids of sessions, transactions and live queries; light, knows no wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uuid import UUID


def as_uuid(value: Any) -> UUID | None:
    """Read an id, which may be spelled as text; None for everything else."""
    # Here and not at the top: it would be a fifth of what `import purreal` takes.
    from uuid import UUID

    if isinstance(value, str):
        try:
            return UUID(value)
        except ValueError:
            return None
    return value if isinstance(value, UUID) else None


def transaction_id(result: Any) -> UUID | None:
    """Read the id in the answer to `begin`: a UUID, or text, or either in a list or object."""
    if isinstance(result, list) and len(result) == 1:
        return transaction_id(result[0])
    if isinstance(result, dict):
        return transaction_id(result.get("id") or result.get("txn"))
    return as_uuid(result)
