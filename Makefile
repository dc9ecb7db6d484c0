# Everything a newcomer needs: `make run`, then `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS ?= dev,mono
SHARED ?= ../shared
# The weights are installed once; afterwards every target works offline.
WEIGHTS := models/whisper-base/model.bin

.DEFAULT_GOAL := help
.PHONY: help run setup test lint bench bench-accuracy clean

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

run: setup $(WEIGHTS) ## Set everything up, score samples/ and say where the report is
	$(BIN)/qa-analyzer run samples/manifest.csv --out out/samples

setup: $(VENV)/.installed ## Create .venv and install the package

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || (echo "Python 3.11 or newer is needed: make PYTHON=python3.11 ..." && exit 1)
	@$(PYTHON) -m venv $(VENV) || (echo "venv is missing: sudo apt-get install python3-venv" && exit 1)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[$(EXTRAS)]'
	@touch $@

$(WEIGHTS): | $(VENV)/.installed
	$(BIN)/qa-analyzer models install

lint: setup ## Format, lint, type and layer checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: setup $(WEIGHTS) lint ## Set up and run every check and test
	$(BIN)/pytest --cov --cov-report=term:skip-covered --durations=15

bench-accuracy: setup $(WEIGHTS) ## Compare evaluations with labelled calls, as text and as recordings
	$(BIN)/python benchmarks/accuracy.py $(SHARED)/calls/calls.jsonl
	$(BIN)/python benchmarks/accuracy.py $(SHARED)/calls/calls.jsonl --audio $(SHARED)/calls/audio
	$(BIN)/python benchmarks/accuracy.py $(SHARED)/calls/calls.jsonl --audio $(SHARED)/calls/audio-mono

clean: ## Remove what the targets made
	rm -rf $(VENV) out .coverage .mypy_cache .ruff_cache .pytest_cache
