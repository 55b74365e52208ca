"""The guide's simple operations: one small query on a record of the worker's own."""

from typing import Any

from purreal import Lease
from purreal_runner.workload.errors import WrongAnswer
from purreal_runner.workload.tables import OwnTables
from purreal_runner.workload.task import Task, Work

RECORD_TABLES = ("item",)
_STEPS = 4
_TEXT = (
    "a hundred bytes of text, as many as a small real record has: name, address, remarks and so on."
)


def record_work(tables: OwnTables) -> Work:
    """A worker creates a record, reads it, changes it and reads it again: one query an operation.

    The key holds pool and worker, so no two workers ever write the same record and the only
    conflicts are those the database makes itself. Every reply is checked for the worker's mark:
    a pool that mixes up replies is found out here. An empty one is wrong, too, unless the record
    may be missing because its creation failed.
    """
    item = f"{tables.name('item')}:[$pool, $worker, $key]"
    steps = (
        f"CREATE {item} SET owner = $owner, value = $value, text = $text",
        f"SELECT * FROM {item}",
        f"UPDATE {item} SET value += 1",
        f"SELECT owner, value FROM {item}",
    )

    created: dict[str, int] = {}

    async def work(conn: Lease, task: Task) -> float:
        key, step = divmod(task.iteration, _STEPS)
        owner = f"{task.pool_index}/{task.worker}"
        variables: dict[str, Any] = {
            "pool": task.pool_index,
            "worker": task.worker,
            "key": key,
            "owner": owner,
        }
        if step == 0:
            variables |= {"value": task.random.randint(0, 1000), "text": _TEXT}
        reply = await conn.query(steps[step], variables)
        _require_owner(reply, owner, exists=step == 0 or created.get(owner) == key)
        if step == 0:
            created[owner] = key
        return 0.0

    return work


def echo_work() -> Work:
    """The shortest possible lease: the database only repeats a number."""

    async def work(conn: Lease, task: Task) -> float:
        answer = await conn.query("RETURN $number", {"number": task.number})
        if answer != task.number:
            raise WrongAnswer(f"asked for {task.number}, got {answer!r}: two replies were mixed up")
        return 0.0

    return work


def _require_owner(reply: Any, owner: str, *, exists: bool) -> None:
    if not isinstance(reply, list) or not all(isinstance(row, dict) for row in reply):
        raise WrongAnswer(
            f"worker {owner} got {type(reply).__name__} in place of records: "
            "two replies were mixed up"
        )
    strangers = [row for row in reply if row.get("owner") != owner]
    if strangers:
        raise WrongAnswer(
            f"worker {owner} got a record of worker {strangers[0].get('owner')}: "
            "two replies were mixed up"
        )
    if exists and not reply:
        raise WrongAnswer(
            f"worker {owner} got no record in place of the one it had created: "
            "two replies were mixed up, or the database lost it"
        )
