"""Workloads that are a Python function, from a file or given directly."""

import importlib.util
import inspect
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from purreal import Lease
from purreal_runner.workload.errors import InvalidWorkload
from purreal_runner.workload.task import Task, Work
from purreal_runner.workload.workload import Hook, Workload

Function = Callable[..., Awaitable[Any]]


class FunctionReference(NamedTuple):
    """Where a function is: a file and a name in it."""

    path: Path
    function: str


def python_workload(reference: FunctionReference) -> Workload:
    """The workload of a function in a file.

    The file may also hold `async def setup(conn)` and `async def teardown(conn)`: they run once,
    before and after the load.

    Raises:
        InvalidWorkload: there is no such file or function, it can't be imported, or it is not an
            `async def` with the parameters `(conn, task_id)` or `(conn, task_id, pool)`.
    """
    module = _import(reference.path)
    function = getattr(module, reference.function, None)
    if function is None:
        raise InvalidWorkload(f"{reference.path} has no function {reference.function}")
    return function_workload(
        function,
        set_up=_hook(module, "setup", reference.path),
        tear_down=_hook(module, "teardown", reference.path),
    )


def function_workload(
    function: Function, *, set_up: Hook | None = None, tear_down: Hook | None = None
) -> Workload:
    """The workload of a function that is already here.

    Raises:
        InvalidWorkload: it is not an `async def` with the right parameters.
    """
    return Workload(
        getattr(function, "__name__", "function"),
        _function_work(function),
        set_up=set_up,
        tear_down=tear_down,
    )


def _function_work(function: Function) -> Work:
    if _takes_pool(function):

        async def work_with_pool(conn: Lease, task: Task) -> float:
            await function(conn, task.number, pool=task.pool)
            return 0.0

        return work_with_pool

    async def work(conn: Lease, task: Task) -> float:
        await function(conn, task.number)
        return 0.0

    return work


def _takes_pool(function: Function) -> bool:
    name = getattr(function, "__name__", repr(function))
    if not inspect.iscoroutinefunction(function):
        raise InvalidWorkload(f"{name} must be an async function: async def {name}(conn, task_id)")
    parameters = inspect.signature(function).parameters
    try:
        inspect.signature(function).bind("conn", 0, **({"pool": 0} if "pool" in parameters else {}))
    except TypeError:
        raise InvalidWorkload(
            f"{name} must take (conn, task_id) or (conn, task_id, pool), "
            f"not ({', '.join(parameters)})"
        ) from None
    return "pool" in parameters


def _hook(module: ModuleType, name: str, path: Path) -> Hook | None:
    hook: Hook | None = getattr(module, name, None)
    if hook is None:
        return None
    if not inspect.iscoroutinefunction(hook):
        raise InvalidWorkload(f"{name} in {path} must be an async function: async def {name}(conn)")
    return hook


def _import(path: Path) -> ModuleType:
    if not path.is_file():
        raise InvalidWorkload(f"there is no file {path} to read the workload from")
    spec = importlib.util.spec_from_file_location(f"purreal_workload_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InvalidWorkload(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    # Registered under its name first: dataclasses and pickles in the file look themselves up there.
    sys.modules[spec.name] = module
    # A workload may import its neighbours, as a script in that folder could.
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        words = f"{path} can't be imported: {type(error).__name__}: {error}"
        raise InvalidWorkload(words) from error
    finally:
        sys.path.pop(0)
    return module
