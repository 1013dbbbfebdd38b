# Everything runs in .venv, which the first target that needs it makes. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALLED := $(VENV)/.installed
BUILT := acai_jupyter/labextension/package.json
SOURCES := $(shell find labextension/src labextension/style labextension/schema -type f 2>/dev/null)

export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help install demo lab test lint types python-test ts-test ui-test faults bench experiment docs screenshots clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: $(INSTALLED) ## make .venv with everything in it, and build the JupyterLab extension

demo: install ## run the demo notebook against a Jupyter Server of its own, and print what it did
	$(BIN)/python binder/run_demo.py

lab: install ## open the demo notebook, with its data, in JupyterLab
	$(BIN)/python binder/run_lab.py

test: lint types ts-test python-test ui-test ## everything that must hold

lint: install ## style, and which room may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	npm run --silent lint:check

types: install ## mypy, strict
	$(BIN)/mypy

ts-test: install ## the JupyterLab extension's own tests
	npm run --silent test

python-test: install ## all Python tests but those in a browser
	$(BIN)/python -m pytest -n 2 --ignore=tests/ui

ui-test: install ## JupyterLab in a real browser
	$(BIN)/python -m pytest tests/ui

faults: install ## the fault tests at their full counts
	ACAI_TEST_FAULTS=full $(BIN)/python -m pytest tests/faults

bench: install ## the benchmarks
	$(BIN)/python benchmarks/start_up.py
	$(BIN)/python benchmarks/lake.py
	$(BIN)/python benchmarks/engine.py --peers
	$(BIN)/python benchmarks/engine_load.py

experiment: install ## section 5.1 of the paper again: real training as profiled jobs (FULL=1 for all of it)
	$(BIN)/python benchmarks/experiment.py $(if $(FULL),--full)

docs: install ## the documentation, into docs/_build/html
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

screenshots: install ## make the screenshots of the documentation anew
	ACAI_TEST_SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/ui

clean: ## remove all that was built, and .venv
	rm -rf $(VENV) .demo node_modules lib acai_jupyter/labextension docs/_build build dist tsconfig.tsbuildinfo

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The built extension is copied into the environment when the package is installed, so it comes first.
$(INSTALLED): pyproject.toml constraints.txt $(BUILT) | $(BIN)/python
	HATCH_JUPYTER_BUILDER_SKIP_NPM=1 $(PIP) install --quiet --constraint constraints.txt --editable '.[demo,docs,test]'
	touch $@

node_modules/.installed: package.json package-lock.json
	npm ci --no-audit --no-fund
	touch $@

$(VENV)/.builder: constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt jupyterlab jupyter-builder
	touch $@

$(BUILT): node_modules/.installed $(VENV)/.builder $(SOURCES) tsconfig.json
	npm run --silent build:prod
