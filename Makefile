# Two commands for a fresh machine with Python and make:
#   make demo    installs what restores photos, and colours a real photograph of 1908
#   make test    installs the rest, TensorFlow among it, and runs the tests
# Everything is installed into .venv, nothing outside this folder.

VENV := .venv
BIN := $(VENV)/bin
BASE := $(VENV)/base
READY := $(VENV)/ready
# Python compiles what is used when it is used: compiling all of it takes a third of the installation.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
OUT := demo
PHOTO := examples/photos/buffalo-bank-1908.jpg

# Suitable is what pyproject.toml asks for, with what makes a virtual environment.
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
FIND_PYTHON := for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	if $$python -c '$(SUITABLE)' 2>/dev/null; then echo $$python; exit 0; fi; done; \
	echo "pixrestore needs Python 3.11, 3.12 or 3.13 with venv: install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1

.PHONY: demo test test-fast test-lowest torture bench lint format setup docs docs-links clean
.DEFAULT_GOAL := demo

demo: $(BASE)
	@$(BIN)/pixrestore colorize $(PHOTO) --out $(OUT)/ --compare --overwrite

test: $(READY)
	$(BIN)/python -m pytest

test-fast: $(READY)
	$(BIN)/python -m pytest tests -m "not slow"

# Hours. TORTURE="--quick" takes minutes; TORTURE="fuzz --fuzz 500 --seed 7" tries one kind.
torture: $(READY)
	@PYTHONPATH=tests $(BIN)/python -m torture $(TORTURE)

# What restores photos, with the lowest version of each package that pyproject.toml allows.
test-lowest: $(READY)
	@$(BIN)/python tests/lowest.py $(LOWEST)

# BENCH="--quick memory" measures less; benchmarks/suite.py says what there is.
bench: $(READY)
	@$(BIN)/python benchmarks/suite.py $(BENCH)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The site, in build/site. -W: what Sphinx warns of is an error.
SPHINX := $(BIN)/python -m sphinx --quiet -W --keep-going -c docs/site

docs: $(READY)
	$(SPHINX) -d build/doctrees . build/site
	@echo "the site: build/site/index.html"

# Asks the internet for each address that a page names.
docs-links: $(READY)
	$(SPHINX) -d build/doctrees -b linkcheck . build/links

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: $(READY)

$(BASE): pyproject.toml
	@python=$$($(FIND_PYTHON)) || exit 1; \
	$(BIN)/python -c '$(SUITABLE)' 2>/dev/null || \
		{ echo "making $(VENV) with $$($$python --version)"; $$python -m venv --clear $(VENV); }
	@echo "installing pixrestore and what restoring needs into $(VENV)"
	@$(INSTALL) --editable .
	@touch $(BASE)

$(READY): $(BASE)
	@echo "installing what training and testing need into $(VENV) (TensorFlow is large: some minutes)"
	@$(INSTALL) --editable ".[dev]"
	@touch $(READY)

clean:
	rm -rf $(VENV) $(OUT) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
