"""A small process between a database server and us, run as a script: ends the server when its
starter is gone.

Standard library only and no imports of this package, so that it starts in a few hundredths of a
second. It reads one JSON line: {"parent": pid, "environment": {...}}, starts the command of its
own command line with that environment added, and prints {"pid": ...}. The environment comes by the
pipe because a command line is readable by everyone.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys

_LOOK_SECONDS = 0.1
_TERMINATE_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> int:
    """Start the command, wait for its end or the starter's; returns the command's exit code."""
    hello = json.loads(sys.stdin.readline() or "{}")
    if not hello:
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _raise_descriptor_limit()
    try:
        child = subprocess.Popen(  # noqa: S603 - the command is our own
            sys.argv[1:],
            env=os.environ | hello["environment"],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            preexec_fn=_die_with_parent,  # safe: this process has one thread
        )
    except OSError as error:
        sys.stderr.write(f"cannot run {sys.argv[1]}: {error.strerror}\n")
        return 1
    try:
        sys.stdout.write(json.dumps({"pid": child.pid}) + "\n")
        sys.stdout.flush()
        while child.poll() is None and os.getppid() == hello["parent"] and not _stdin_closed():
            pass
        return child.returncode or 0
    finally:
        _end(child)


def _stdin_closed() -> bool:
    """Whether the starter's end of the pipe is gone; waits for that a moment."""
    ready, _, _ = select.select([sys.stdin], [], [], _LOOK_SECONDS)
    return bool(ready)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_TERMINATE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _raise_descriptor_limit() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    sys.exit(main())
