"""Owns the base class of everything that crosses a process boundary; knows no measurement."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Data(BaseModel):
    """A frozen record whose JSON has camelCase names and no unknown fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        ser_json_inf_nan="null",
    )

    def to_json(self) -> str:
        """This record as one line of JSON."""
        return self.model_dump_json(by_alias=True)
