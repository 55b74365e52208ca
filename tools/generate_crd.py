"""Writes manifests/crd.yaml and the chart's copy from the models of spec and status.

`--check` compares instead. The copy differs by one annotation: it outlives its release.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from generated import ROOT, write_or_check

from purreal_operator.crd import definition

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
    return write_or_check(texts, __doc__)


if __name__ == "__main__":
    sys.exit(main())
