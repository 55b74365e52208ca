"""Comprehensive load test: `python tests/load_test_pool.py`; edit `simulate_work` to make it yours.

`purreal run --workload tests/load_test_pool.py` runs the same operation, as does a cluster.
"""

import os
import sys
from uuid import uuid4

from purreal import Lease
from purreal_runner.scripts.full_load import main
from purreal_runner.workload.python_file import function_workload

# A name of this run's own, so that neither an application's table nor another run's is touched.
# In the environment, because the worker processes of `purreal run` import this file, too.
TABLE = os.environ.setdefault("PURREAL_LOAD_TEST_TABLE", f"purreal_load_test_{uuid4().hex[:6]}")


async def setup(conn: Lease) -> None:
    """Once, before the load: an error if the table exists already, because then it isn't ours."""
    await conn.query(f"DEFINE TABLE {TABLE}")


async def teardown(conn: Lease) -> None:
    """Once, after the load, if `setup` succeeded (not with --keep-data)."""
    await conn.query(f"REMOVE TABLE {TABLE}")


async def simulate_work(conn: Lease, task_id: int) -> None:
    """One operation of the sustained scenario: write a record and read it again."""
    [user] = await conn.query(
        f"CREATE {TABLE} SET email = $email, data = $data, created = time::now()",
        {"email": f"user{task_id}@test.com", "data": {"key": "value"}},
    )
    await conn.query("SELECT * FROM $user", {"user": user["id"]})


if __name__ == "__main__":
    sys.exit(main(function_workload(simulate_work, set_up=setup, tear_down=teardown)))
