"""Runners' processes outside of any cluster, started as pods start them."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

from purreal_runner.embedded.launch import RunningTarget
from tests.pod.fake_operator import RUN_ID

TOKEN = "the-token-of-this-run"


class Pod:
    """A runner's process.

    Attributes:
        log: what it has said on standard error so far.
    """

    def __init__(self, process: Process) -> None:
        self.process = process
        self.log = b""

    async def log_line(self, words: bytes) -> None:
        """Waits until it logs a line with `words`."""
        while words not in self.log:
            assert await self._read(), self.log

    async def end(self) -> int:
        """Waits for its end; returns its exit code."""
        while await self._read():
            pass
        return await self.process.wait()

    async def _read(self) -> bytes:
        assert self.process.stderr is not None
        line = await self.process.stderr.readline()
        self.log += line
        return line

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def worker_pids(self) -> list[int]:
        """Its worker processes."""
        file = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in file.read_text().split()]


class Pods:
    """Starts runners as pods do: from environment and files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.started: list[Pod] = []

    async def start(
        self,
        operator_url: str,
        target: RunningTarget,
        *,
        index: int = 0,
        password: str | None = None,
        without: str = "",
        **spec: Any,
    ) -> Pod:
        """Starts a runner; `spec` is the document's, `without` a variable that is missing."""
        files = self._folder / f"pod-{index}"
        write_files(files, document(**spec), target.username, password or target.password)
        told = environment(files, operator_url, target.url, index)
        told.pop(without, None)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "purreal_runner.pod",
            stderr=PIPE,
            env=os.environ | told,
        )
        self.started.append(Pod(process))
        return self.started[-1]


def environment(files: Path, operator_url: str, target_url: str, index: int = 0) -> dict[str, str]:
    """What the operator puts into the environment of a pod."""
    return {
        "PURREAL_FILES": str(files),
        "PURREAL_RUN_ID": RUN_ID,
        "PURREAL_TEST": "quickstart",
        "PURREAL_NAMESPACE": "tests",
        "PURREAL_RUN": "1",
        "PURREAL_OPERATOR_URL": operator_url,
        "PURREAL_TARGET_URL": target_url,
        "PURREAL_TARGET_KIND": "url",
        "PURREAL_POD_UID": f"uid-{index}",
        "PURREAL_POD_NAME": f"quickstart-1-{index}-x",
        "JOB_COMPLETION_INDEX": str(index),
    }


def write_files(files: Path, content: dict[str, Any], username: str, password: str) -> None:
    """The files that are mounted into a pod."""
    for name, text in {
        "plan/document.json": json.dumps(content),
        "token/token": TOKEN,
        "credentials/username": username,
        "credentials/password": password,
    }.items():
        (files / name).parent.mkdir(parents=True, exist_ok=True)
        (files / name).write_text(text)


def document(**spec: Any) -> dict[str, Any]:
    """A document with a small load; its spec is taken over, one field of it at a time."""
    usual: dict[str, Any] = {
        "pool": {"minSize": 1, "maxSize": 4},
        "load": {"closed": {"workers": 4}, "stop": {"operations": 60}},
    }
    return {
        "apiVersion": "purreal.dev/v1alpha1",
        "kind": "PoolLoadTest",
        "metadata": {"name": "quickstart"},
        "spec": usual | spec,
    }


def lasting(seconds: int) -> dict[str, Any]:
    """A load by time."""
    return {"closed": {"workers": 4}, "stop": {"durationSeconds": seconds}}
