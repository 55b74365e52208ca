# Two commands for a fresh machine: `make demo` and `make test`. Both make .venv, install what they
# need into it and nowhere else, and are quick when repeated.

# The first that runs and is new enough; names alone may be shims of versions that are not there.
IS_NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p $(IS_NEW_ENOUGH) 2>/dev/null && echo $$p && exit; done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
DOCKER ?= docker
HELM ?= helm

.DEFAULT_GOAL := help
.PHONY: help demo test test-cluster test-chart surrealdb-2 image lint generate bench bench-peers bench-page release clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/installed-demo  ## run the main load test on the embedded SurrealDB (under two minutes)
	$(BIN)/purreal run examples/loadtest.yaml

test: $(VENV)/installed-dev  ## run the whole test suite, all of it but what needs a cluster
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# Four at a time, because they mostly wait; those of one xdist_group come one after the other.
test-cluster: $(VENV)/installed-dev  ## run the tests on a real Kubernetes, where there is one
	$(BIN)/python -m pytest tests/cluster --numprocesses=4 --dist=loadgroup $(PYTEST_ARGS)

# After the others, because an operator for all namespaces wants the cluster for itself.
test-chart: $(VENV)/installed-dev  ## run the tests of the Helm chart, where there is a Kubernetes
	$(BIN)/python -m pytest tests/chart $(PYTEST_ARGS)

surrealdb-2:  ## install the engine of SurrealDB 2 for the tests that want it (needs npm)
	npm install --prefix build/surrealdb-2 --no-audit --no-fund @surrealdb/wasm@2.6.1 surrealdb@2.0.8

image:  ## build the image of operator and runner
	$(DOCKER) build --tag localhost/purreal:dev .

lint: $(VENV)/installed-dev  ## run every check that is not a test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file pyproject.toml tests/typing/*.py
	$(BIN)/lint-imports
	$(BIN)/python tools/generate_reference.py --check
	$(BIN)/python tools/generate_status.py --check
	$(BIN)/python tools/generate_compatibility.py --check
	$(BIN)/python tools/generate_crd.py --check
	$(BIN)/python tools/generate_chart.py --check
	$(BIN)/python tools/generate_operator.py --check

generate: $(VENV)/installed-dev  ## write the generated documentation and manifests anew
	$(BIN)/python tools/generate_reference.py
	$(BIN)/python tools/generate_status.py
	$(BIN)/python tools/generate_compatibility.py
	$(BIN)/python tools/generate_crd.py
	$(BIN)/python tools/generate_chart.py
	$(BIN)/python tools/generate_operator.py

bench: $(VENV)/installed-dev  ## measure what it costs, beside other clients; BENCH_ARGS=--quick for a try
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

bench-peers: $(VENV)/installed-dev  ## install the other clients, each into an environment of its own
	$(BIN)/python -m benchmarks.peers

bench-page: $(VENV)/installed-dev  ## make docs/performance.md of the results of `make bench`
	$(BIN)/python -m benchmarks.page $(or $(wildcard build/benchmarks/results.json),docs/performance.json)

release: $(VENV)/installed-dev  ## make and try all files of a release in dist/; publishes nothing
	$(BIN)/python tools/release.py --helm $(HELM) $(if $(SIGN_KEY),--sign-key '$(SIGN_KEY)' --keyring '$(KEYRING)')

clean:  ## remove .venv and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c '' 2>/dev/null || { echo "purreal needs Python 3.11 or newer, and $(PYTHON) does not run here"; exit 2; }
	@$(PYTHON) $(IS_NEW_ENOUGH) || { echo "purreal needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Name another one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) can't make a virtual environment; on Debian and Ubuntu: apt install python3-venv"; exit 2; }

$(VENV)/installed-demo: pyproject.toml | $(BIN)/python
	@echo "installing purreal with its runner and the embedded engine into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[runner,embedded]'
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(BIN)/python
	@echo "installing purreal with its development tools into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/installed-demo
