"""A weighted mix of queries that the user wrote; must not know where they were written."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from purreal import Lease
from purreal_runner.workload.tables import OwnTables
from purreal_runner.workload.task import Task, Work
from purreal_runner.workload.templates import compile_template, name_tables, tables_named
from purreal_runner.workload.workload import Workload


class MixedQuery(BaseModel):
    """One kind of operation in a mix.

    Attributes:
        name: for messages.
        weight: its share among the weights of the mix.
        query: SurrealQL; may name own tables as `${table:NAME}`.
        params: variables of the query; text in them may hold placeholders.
        transaction: put BEGIN and COMMIT around the query.
        think_milliseconds: how long a worker waits after the operation, without a lease.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    query: str
    weight: int = Field(default=1, ge=1)
    params: Mapping[str, Any] = Field(default_factory=dict)
    transaction: bool = False
    think_milliseconds: int = Field(default=0, ge=0)


def mix(queries: Sequence[MixedQuery], tables: OwnTables) -> Workload:
    """A workload whose workers draw each operation from the mix, by weight, with their own seed.

    Raises:
        InvalidWorkload: a placeholder in a query or its parameters is wrong.
    """
    own: set[str] = set()
    for entry in queries:
        own |= tables_named(entry.query) | tables_named(entry.params)
    return Workload("Mix", _mixed_work(queries, tables), tables=tuple(sorted(own)))


def _mixed_work(queries: Sequence[MixedQuery], tables: OwnTables) -> Work:
    texts = [_text(entry, tables) for entry in queries]
    makers = [compile_template(entry.params, tables) for entry in queries]
    think_seconds = [entry.think_milliseconds / 1000 for entry in queries]
    cumulative = list(accumulate(entry.weight for entry in queries))
    places = range(len(queries))

    async def work(conn: Lease, task: Task) -> float:
        (place,) = task.random.choices(places, cum_weights=cumulative)
        await conn.query(texts[place], makers[place](task))
        return think_seconds[place]

    return work


def _text(entry: MixedQuery, tables: OwnTables) -> str:
    text = name_tables(entry.query, tables).strip()
    if not entry.transaction:
        return text
    return f"BEGIN TRANSACTION;\n{text.rstrip(';')};\nCOMMIT TRANSACTION;"
