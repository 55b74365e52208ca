"""Writes manifests/crd.yaml and the chart's copy from the models of spec and status.

`--check` compares instead. The copy differs by one annotation: it outlives its release.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from purreal_operator.crd import definition

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "manifests" / "crd.yaml"
CHART_FILE = ROOT / "charts" / "purreal-operator" / "files" / "crd.yaml"
HEAD = "# Written by tools/generate_crd.py from the models; edit those.\n"
KEPT = {"helm.sh/resource-policy": "keep"}


def texts() -> dict[Path, str]:
    """Return both files."""
    plain = json.loads(json.dumps(definition()))  # no part twice, or YAML would use aliases
    kept = {**plain, "metadata": {**plain["metadata"], "annotations": KEPT}}
    return {FILE: _text(plain), CHART_FILE: _text(kept)}


def _text(resource: Mapping[str, Any]) -> str:
    body = yaml.safe_dump(dict(resource), sort_keys=False, width=100, allow_unicode=True)
    return HEAD + body


def main() -> int:
    """Write the files, or with `--check` compare them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a file is stale")
    arguments = parser.parse_args()
    stale = [
        file
        for file, text in texts().items()
        if not file.exists() or file.read_text(encoding="utf-8") != text
    ]
    if not arguments.check:
        for file in stale:
            file.parent.mkdir(exist_ok=True, parents=True)
            file.write_text(texts()[file], encoding="utf-8")
        return 0
    for file in stale:
        print(
            f"{file.relative_to(ROOT)} is stale; run python tools/generate_crd.py", file=sys.stderr
        )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
