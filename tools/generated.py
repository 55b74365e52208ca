"""What every generator does with its files: writes them, or with `--check` compares them."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def write_or_check(texts: Callable[[], Mapping[Path, str]], description: str | None) -> int:
    """Write the files that are stale, or with `--check` name them; return the exit code.

    Args:
        texts: makes the content of each file; called once, after the command line was read.
        description: of the generator, for `--help`.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="fail if a file is stale")
    arguments = parser.parse_args()
    wanted = texts()
    stale = [
        file
        for file, text in wanted.items()
        if not file.exists() or file.read_text(encoding="utf-8") != text
    ]
    for file in stale:
        if arguments.check:
            again = f"run python tools/{Path(sys.argv[0]).name}"
            print(f"{file.relative_to(ROOT)} is stale; {again}", file=sys.stderr)
        else:
            file.parent.mkdir(exist_ok=True, parents=True)
            file.write_text(wanted[file], encoding="utf-8")
    return 1 if stale and arguments.check else 0
