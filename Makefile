# Two commands on a machine that has Python >= 3.11 and make: `make run` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
# Tests run on every core; PYTEST_ARGS narrows them down, e.g. make pytest PYTEST_ARGS="-k c10".
PYTEST_ARGS ?= -n auto

.PHONY: run test format lint types pytest sdk bench clean

run: $(VENV)/.run-ready
	$(BIN)/python -m ccr_middleware $(ARGS)

test: lint types pytest

lint: $(VENV)/.dev-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev-ready
	$(BIN)/mypy

pytest: $(VENV)/.dev-ready $(VENV)/.sdk-ready
	$(BIN)/python -m pytest $(PYTEST_ARGS)

sdk: $(VENV)/.sdk-ready

format: $(VENV)/.dev-ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev-ready
	$(BIN)/python benchmarks/run.py $(ARGS)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-ready: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[server,speed]'
	$(BIN)/python -m compileall -q ccr_middleware # pip compiles what it installs, but nothing that is editable
	touch $@

$(VENV)/.dev-ready: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ $(VENV)/.run-ready

# The older line of the anthropic SDK, beside the newest one of the dev extra. tests/test_sdk.py runs both.
$(VENV)/.sdk-ready: | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target $(VENV)/sdk-0.125 'anthropic==0.125.*'
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
