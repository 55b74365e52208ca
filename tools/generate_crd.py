"""Writes manifests/crd.yaml from the models of spec and status; `--check` compares instead."""

import argparse
import json
import sys
from pathlib import Path

import yaml

from purreal_operator.crd import definition

FILE = Path(__file__).resolve().parent.parent / "manifests" / "crd.yaml"
HEAD = "# Written by tools/generate_crd.py from the models; edit those.\n"


def text() -> str:
    """Return the whole file."""
    plain = json.loads(json.dumps(definition()))  # no part twice, or YAML would use aliases
    body = yaml.safe_dump(plain, sort_keys=False, width=100, allow_unicode=True)
    return HEAD + body


def main() -> int:
    """Write the file, or with `--check` compare it; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if the file is stale")
    arguments = parser.parse_args()
    if not arguments.check:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(text(), encoding="utf-8")
        return 0
    if FILE.exists() and FILE.read_text(encoding="utf-8") == text():
        return 0
    print(f"{FILE.name} is stale; run python tools/generate_crd.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
