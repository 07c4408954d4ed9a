# The two commands: `make run` (the whole room on this machine) and `make test` (the whole suite).
# Everything they need is set up by them; what is there already is not done again.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests wait more than they work: one worker more than there are cores.
WORKERS ?= $(shell expr $$(nproc) + 1)
CONFIG ?= config.yaml
PIP = $(BIN)/python -m pip --disable-pip-version-check install --progress-bar off --require-hashes
LOG := $(VENV)/pip.log
install = $(PIP) -r $(1) 2>&1 | tee $(LOG) | .ci/progress "$$(grep -c == $(1))" || { tail -n 20 $(LOG); echo "The packages could not be installed: see above, and all of it in $(LOG)."; exit 1; }
export PYTHONUNBUFFERED := 1

.PHONY: environment run test check bench lock screenshot clean chromium asked-python
.DELETE_ON_ERROR:

run: environment  ## environment, embedded Valkey and SQLite, simulated city, collector, web
	@exec $(BIN)/python app.py --config "$(CONFIG)"

environment: $(VENV)/run.stamp  ## only what a room needs to run; starts nothing

test: $(VENV)/test.stamp chromium  ## environment and the whole suite: lint, types, imports, tests
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
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
	@command -v "$(PYTHON)" >/dev/null || { echo "There is no $(PYTHON) here. Install Python 3.11 or newer (apt-get install python3 python3-venv), or name yours: make run PYTHON=python3.12"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$("$(PYTHON)" -V). Name another: make run PYTHON=python3.12"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "The venv module of $(PYTHON) is missing. Debian and Ubuntu: sudo apt-get install python3-venv (or the package of that version, e.g. python3.12-venv)"; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/run.stamp: requirements.lock | $(VENV)/bin/python asked-python
	@echo "[2/3] installing the locked, hashed packages (a minute or two the first time) ..."
	@$(call install,requirements.lock)
	@touch $@
	@echo "[3/3] environment ready"

$(VENV)/test.stamp: requirements-dev.lock | $(VENV)/bin/python asked-python
	@echo "[2/3] installing the locked, hashed packages and the test tools (a minute or two the first time) ..."
	@$(call install,requirements-dev.lock)
	@touch $@ $(VENV)/run.stamp
	@echo "[3/3] environment ready"

# A Python named on the command line is not silently another one, because an environment was there already.
asked-python: | $(VENV)/bin/python
ifeq ($(origin PYTHON),command line)
	@asked="$$("$(PYTHON)" -V)" made="$$($(BIN)/python -V)"; [ "$$asked" = "$$made" ] || { echo "$(VENV) holds $$made, not $$asked: make clean, then again"; exit 1; }
endif

chromium:
	@[ -n "$$LIVEROOM_CHROMIUM" ] || command -v chromium >/dev/null || .ci/chromium

clean:  ## everything that can be made again; the history in var/ is none of it
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
