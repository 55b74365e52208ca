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
    a pool that mixes up replies is found out here.
    """
    item = f"{tables.name('item')}:[$pool, $worker, $key]"
    steps = (
        f"CREATE {item} SET owner = $owner, value = $value, text = $text",
        f"SELECT * FROM {item}",
        f"UPDATE {item} SET value += 1",
        f"SELECT owner, value FROM {item}",
    )

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
        _require_owner(await conn.query(steps[step], variables), owner)
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


def _require_owner(reply: Any, owner: str) -> None:
    rows = reply if isinstance(reply, list) else []
    strangers = [row for row in rows if isinstance(row, dict) and row.get("owner") != owner]
    if strangers:
        raise WrongAnswer(
            f"worker {owner} got a record of worker {strangers[0].get('owner')}: "
            "two replies were mixed up"
        )
