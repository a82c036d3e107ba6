# Two commands matter: `make run` and `make test`. Both need Python >= 3.11 and make.
#   make run [PORT=9000] [DATA=some/folder]

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEMPLATES := $(shell git ls-files 'templates/*.html')
NODE_CLIENTS := tests/clients/node
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := run
.PHONY: run test quick lint format tools lock clean

run: $(VENV)/installed $(BIN)/signals
	@$(if $(PORT),PORT="$(PORT)") $(if $(DATA),DATA_DIR="$(DATA)") exec $(BIN)/python manage.py up

test: tools lint
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# Without servers, judges, browsers, foreign clients, and tests of time or chance: under a minute.
quick: $(VENV)/installed-tests
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djade --target-version 5.2 --check $(TEMPLATES)
	@! LC_ALL=C.UTF-8 grep -nE '^.{121}' $(TEMPLATES) /dev/null || { echo "Break these lines at 120 characters." >&2; exit 1; }
	$(BIN)/mypy .

format: $(VENV)/installed-tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djade --target-version 5.2 $(TEMPLATES)

# What the end-to-end tests drive: a Chromium, node with the JavaScript exporters, and the genuine
# clients, each in an environment of its own in the user's cache.
tools: $(VENV)/installed-tests
	@sh .ci/chromium
	@sh .ci/proxies
	@sh .ci/node $(NODE_CLIENTS)
	@$(BIN)/python -m tests.clients.environments
	@$(BIN)/python -m tests.small_model

# After a change of the ranges in pyproject.toml; `sh .ci/lock --upgrade` takes the newest versions.
lock: $(VENV)/installed-tests
	sh .ci/lock

clean:
	rm -rf $(VENV) $(NODE_CLIENTS)/node_modules

$(VENV)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Signals needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# The dependencies alone, as locked: the project runs from its folder and is not installed.
$(VENV)/installed: requirements.lock | $(VENV)/pip
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	@touch $@

# The command line runs from its folder too, beside the packages that the server has anyway.
$(BIN)/signals: Makefile | $(VENV)/installed
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s" -m signals_cli "$$@"\n' \
	  "$(CURDIR)/cli" "$(CURDIR)/$(BIN)/python" > $@
	@chmod +x $@

$(VENV)/installed-tests: requirements-test.lock | $(VENV)/installed
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-test.lock
	@touch $@
