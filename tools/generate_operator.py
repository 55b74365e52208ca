"""Writes manifests/operator.yaml, the operator without Helm, from the chart; needs Helm itself.

`--check` compares instead. Where there is no Helm, it says so in one line and ends well.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from generated import ROOT, write_or_check

FILE = ROOT / "manifests" / "operator.yaml"
VALUES = ROOT / "tools" / "operator_values.yaml"
CHART = ROOT / "charts" / "purreal-operator"
STANDARD_TESTBED = ROOT.parent / "shared" / "testbed" / "testbed"
NAME = "purreal-operator"
NAMESPACE = "purreal-system"
HEAD = f"""\
# Written by tools/generate_operator.py from charts/purreal-operator; edit that.
#
# The operator, for all namespaces. The resource comes first:
#
#   kubectl apply -f manifests/crd.yaml
#   kubectl apply -f manifests/operator.yaml
#   kubectl apply -f manifests/samples/quickstart.yaml
#
# One image serves the operator and its runner pods, so its name is at two places. Another one:
#
#   sed s#localhost/purreal:dev#YOUR/IMAGE:TAG# manifests/operator.yaml | kubectl apply -f -
apiVersion: v1
kind: Namespace
metadata:
  name: {NAMESPACE}
  labels:
    app.kubernetes.io/name: {NAME}
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/warn: restricted
"""

OF_HELM_ALONE = re.compile(
    r"^(# Source: .*|\s+helm\.sh/chart: .*|\s+app\.kubernetes\.io/managed-by: Helm|\s*)\n",
    re.MULTILINE,
)


def find_helm() -> list[str] | None:
    """The command: on PATH, or of the testbed; None: there is none."""
    if found := shutil.which("helm"):
        return [found]
    testbed = Path(os.environ.get("TESTBED") or STANDARD_TESTBED)
    if not os.access(testbed, os.X_OK) or os.geteuid() != 0:
        return None
    subprocess.run([testbed, "prepare"], check=True)
    return [str(testbed), "helm"]


def text(helm: list[str]) -> str:
    """Return the whole file.

    Raises:
        subprocess.CalledProcessError: the chart can't be rendered; Helm has said why.
    """
    options = [f"--namespace={NAMESPACE}", f"--values={VALUES}", "--skip-tests"]
    rendered = subprocess.run(
        [*helm, "template", NAME, str(CHART), *options], check=True, stdout=subprocess.PIPE
    ).stdout.decode()
    return HEAD + OF_HELM_ALONE.sub("", rendered)


def texts() -> dict[Path, str]:
    """Return the file, or where there is no Helm none."""
    helm = find_helm()
    if helm is None:
        where = FILE.relative_to(ROOT)
        print(f"{where} left as it is: there is no helm on PATH, and no testbed in TESTBED")
        return {}
    return {FILE: text(helm)}


def main() -> int:
    """Write the file, or with `--check` compare it; return the exit code."""
    return write_or_check(texts, __doc__)


if __name__ == "__main__":
    sys.exit(main())
