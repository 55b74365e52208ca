#!/bin/sh
# A load test as a gate, in plain shell: install, run, gate, keep the report.
#
#   PURREAL=./purreal-1.0.0a1-py3-none-any.whl sh gate.sh loadtest.yaml
#
# The exit code is the verdict's: 0 passed, 99 a threshold was missed; all of them are in the README.
# Environment:
#   PURREAL      what pip installs: a wheel, a checkout, an address of git
#   REPORTS      folder for the report in all formats (default: reports)
#   TIMEOUT      how long to wait for the end (default: 15m)
#   KUBECONFIG   the cluster; in a pod with a service account it is not needed
set -eu

loadtest=${1:?name the file with the load test}
reports=${REPORTS:-reports}
venv=$(mktemp -d)
trap 'rm -rf "$venv"' EXIT

python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  "${PURREAL:?say what to install}[kubectl]"

"$venv/bin/kubectl-purreal" run "$loadtest" --wait --timeout "${TIMEOUT:-15m}" --report-dir "$reports"
