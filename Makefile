# The two commands: `make run` (the whole room on this machine) and `make test` (the whole suite).
# Everything they need is set up by them; what is there already is not done again.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes
CONFIG ?= config.yaml
export PYTHONUNBUFFERED := 1

.PHONY: run test check bench lock screenshot clean

run: $(VENV)/run.stamp  ## environment, embedded Valkey and SQLite, simulated city, collector, web
	@exec $(BIN)/python app.py --config $(CONFIG)

test: $(VENV)/test.stamp chromium  ## environment and the whole suite: lint, types, imports, tests
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n auto --dist loadfile

check: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/test.stamp chromium  ## speed and memory, as ratios against yardsticks of the same run
	$(BIN)/python -m benchmarks

screenshot: $(VENV)/test.stamp chromium  ## the pictures of the README and the docs, from a running room
	$(BIN)/python docs/screenshots.py

lock:  ## write the hashed requirement files anew (without index addresses)
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements-dev.lock

$(VENV)/bin/python:
	@echo "[1/3] making the Python environment in $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/run.stamp: requirements.lock | $(VENV)/bin/python
	@echo "[2/3] installing the locked, hashed packages (a minute or two the first time) ..."
	@$(PIP) -r requirements.lock
	@touch $@
	@echo "[3/3] environment ready"

$(VENV)/test.stamp: requirements-dev.lock | $(VENV)/bin/python
	@echo "[2/3] installing the locked, hashed packages and the test tools (a minute or two the first time) ..."
	@$(PIP) -r requirements-dev.lock
	@touch $@ $(VENV)/run.stamp
	@echo "[3/3] environment ready"

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || .ci/chromium

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis
