"""The guide's complex queries, on a small shop: graph, several statements, transaction, totals."""

from typing import Any

from purreal import Lease
from purreal_runner.workload.tables import OwnTables
from purreal_runner.workload.task import Task, Work

SHOP_TABLES = ("customer", "product", "bought", "account")
_STEPS = 4


def shop_work(tables: OwnTables) -> Work:
    """A worker goes round four kinds of query, on records whose keys hold pool and worker.

    The transaction is one query text from BEGIN to COMMIT: that works on every engine, while the
    `begin` and `commit` requests are missing in the embedded one.
    """
    texts = (_graph(tables), _several_statements(tables), _transaction(tables), _totals(tables))

    async def work(conn: Lease, task: Task) -> float:
        round_number, step = divmod(task.iteration, _STEPS)
        variables: dict[str, Any] = {
            "pool": task.pool_index,
            "worker": task.worker,
            "round": round_number,
        }
        if step != len(texts) - 1:
            variables["amount"] = task.random.randint(1, 100)
        await conn.query(texts[step], variables)
        return 0.0

    return work


def _graph(tables: OwnTables) -> str:
    customer, product, bought = (tables.name(name) for name in ("customer", "product", "bought"))
    return f"""
        LET $buyer = {customer}:[$pool, $worker];
        LET $thing = {product}:[$pool, $worker, $round];
        UPSERT $buyer SET orders += 1;
        CREATE $thing SET price = $amount;
        RELATE $buyer->{bought}->$thing SET quantity = $amount;
        SELECT VALUE ->{bought}->{product}.price FROM ONLY $buyer;
    """


def _several_statements(tables: OwnTables) -> str:
    customer, account = tables.name("customer"), tables.name("account")
    return f"""
        LET $owner = {customer}:[$pool, $worker];
        UPSERT $owner SET name = "customer " + <string> $worker, visits += 1;
        UPSERT {account}:[$pool, $worker, 0] SET kind = "giro", balance += $amount;
        UPSERT {account}:[$pool, $worker, 1] SET kind = "savings", balance += 0;
        SELECT * FROM $owner;
    """


def _transaction(tables: OwnTables) -> str:
    account = tables.name("account")
    return f"""
        BEGIN TRANSACTION;
        UPDATE {account}:[$pool, $worker, 0] SET balance -= $amount;
        UPDATE {account}:[$pool, $worker, 1] SET balance += $amount;
        COMMIT TRANSACTION;
    """


def _totals(tables: OwnTables) -> str:
    account = tables.name("account")
    own = f"{account}:[$pool, $worker, 0]..=[$pool, $worker, 1]"
    return f"""
        SELECT kind, count() AS accounts, math::sum(balance) AS total FROM {own} GROUP BY kind;
        SELECT math::mean(balance) AS mean, math::max(balance) AS highest FROM {own} GROUP ALL;
    """
