# Everything a newcomer needs: `make demo` and `make test`. The rest is for developers.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test unit lint types contracts docs check bench soak lab figures screenshots messages lock clean

demo: $(VENV)/.demo
	@$(BIN)/peerroom demo

test: $(VENV)/.dev
	@tools/test

unit: $(VENV)/.dev
	@$(BIN)/pytest tests/unit -n 2 -q

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

docs: $(VENV)/.dev
	$(BIN)/zensical build --strict --clean

check: lint types contracts docs

bench: $(VENV)/.dev
	@$(BIN)/pytest tests/benchmarks -m bench -s -q -p no:xdist

soak: $(VENV)/.dev
	@$(BIN)/pytest -m soak -q --timeout 3600

lab: $(VENV)/.lab
	@PYTHONPATH=tests $(BIN)/python -m unlinkability.report

figures: $(VENV)/.dev
	$(BIN)/python tools/moderation_figures.py

screenshots: $(VENV)/.dev
	$(BIN)/python tools/screenshots.py

messages: $(VENV)/.dev
	$(BIN)/python tools/messages.py

lock: $(VENV)/.dev
	tools/lock

clean:
	rm -rf $(VENV) site .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@echo "Setting up a Python environment in $(VENV) (a minute or two, once)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing the locked packages for the demo"
	@$(PIP) install --require-hashes -r requirements/demo.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing the locked packages for tests and development"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.demo

$(VENV)/.lab: requirements/lab.txt | $(VENV)/.dev
	@echo "Installing what draws the plot"
	@$(PIP) install --require-hashes -r requirements/lab.txt
	@touch $@
