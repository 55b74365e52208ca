"""One rule of the API server, and how CEL writes text; knows no field."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A CEL expression that must be true.

    Args:
        expression: about `self`, the value at the rule's place.
        message: what is wrong if it is false, and what to try.
        field: where it is reported, such as `.maxSize`; empty: at the rule's place.
    """

    expression: str
    message: str
    field: str = ""

    @property
    def data(self) -> dict[str, str]:
        """The rule as a CRD has it."""
        data = {"rule": self.expression, "message": self.message}
        return {**data, "fieldPath": self.field} if self.field else data


def quoted(text: str) -> str:
    """Write text as a literal of CEL."""
    return json.dumps(text, ensure_ascii=False)
