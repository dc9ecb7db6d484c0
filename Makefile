# Everything a newcomer needs: `make run`, then `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHARED ?= ../shared
# What a run uses, and what the tests need beside it.
RUN_EXTRAS := mono
TEST_EXTRAS := dev,mono,postgres,parquet,ray
# The weights are installed once; afterwards every target works offline.
WEIGHTS := models/whisper-base/model.bin
PIP_INSTALL := $(BIN)/pip install --quiet --constraint constraints.txt --editable

.DEFAULT_GOAL := help
.PHONY: help run test lint bench bench-accuracy bench-speech bench-meaning bench-matching bench-scoring bench-kpi bench-night clean

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

run: $(VENV)/.run $(WEIGHTS) ## Set everything up, score samples/ and say where the report is
	$(BIN)/qa-analyzer run samples/manifest.csv --out out/samples

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		(echo "Python 3.11 or newer is needed: make PYTHON=python3.11 ..." && exit 1)
	@$(PYTHON) -m venv $(VENV) || (echo "venv is missing: sudo apt-get install python3-venv" && exit 1)

$(VENV)/.run: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP_INSTALL) '.[$(RUN_EXTRAS)]'
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP_INSTALL) '.[$(TEST_EXTRAS)]'
	@touch $(VENV)/.run $@

$(WEIGHTS): | $(VENV)/.run
	$(BIN)/qa-analyzer models install

lint: $(VENV)/.test ## Format, lint, type and layer checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(VENV)/.test $(WEIGHTS) lint ## Set up and run every check and test
	$(BIN)/pytest --cov --cov-report=term:skip-covered --durations=15

bench: bench-accuracy bench-speech bench-meaning bench-matching bench-scoring bench-kpi bench-night ## Print every figure

bench-accuracy: $(VENV)/.test $(WEIGHTS) ## Compare evaluations with labelled calls, as text and as recordings
	$(BIN)/python benchmarks/accuracy.py $(SHARED)/calls/calls.jsonl
	$(BIN)/python benchmarks/accuracy.py $(SHARED)/calls/calls.jsonl --audio $(SHARED)/calls/audio
	$(BIN)/python benchmarks/accuracy.py $(SHARED)/calls/calls.jsonl --audio $(SHARED)/calls/audio-mono
	$(BIN)/python benchmarks/accuracy.py benchmarks/calls/author_a.jsonl
	$(BIN)/python benchmarks/accuracy.py benchmarks/calls/author_b.jsonl
	for author in c d e f g h i; do $(BIN)/python benchmarks/accuracy.py benchmarks/calls/author_$$author.jsonl || exit 1; done
	$(BIN)/python benchmarks/layers.py $(SHARED)/calls/calls.jsonl benchmarks/calls/author_*.jsonl

bench-speech: $(VENV)/.test $(WEIGHTS) ## Recognition: speed against peers, error rates, audit, roles, mono, memory, conversation facts
	$(BIN)/python benchmarks/speech.py --help >/dev/null
	for part in speed calls mono read roles audit hotwords second; do QA_SHARED=$(SHARED) $(BIN)/python benchmarks/speech.py $$part || exit 1; done
	QA_SHARED=$(SHARED) $(BIN)/python benchmarks/speech_memory.py
	QA_SHARED=$(SHARED) $(BIN)/python benchmarks/conversation.py

bench-meaning: $(VENV)/.test ## Sentiment against other programs, complaints and risks
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench]'
	QA_SHARED=$(SHARED) $(BIN)/python benchmarks/meaning.py
	$(BIN)/python benchmarks/complaints.py benchmarks/calls/*.jsonl $(SHARED)/calls/calls.jsonl

bench-matching: $(VENV)/.test ## Matching under recognition errors, masking
	QA_SHARED=$(SHARED) $(BIN)/python benchmarks/matching.py
	$(BIN)/python benchmarks/pii.py

bench-scoring: $(VENV)/.test ## 10,000 stored calls scored again; how far recognition errors move a score
	QA_SHARED=$(SHARED) $(BIN)/python benchmarks/scoring.py
	$(BIN)/python benchmarks/uncertainty.py check benchmarks/calls/author_c.jsonl

bench-kpi: $(VENV)/.test ## 100,000 evaluations aggregated and exported; a report of 2,000 calls; decoding
	$(BIN)/python benchmarks/kpi.py
	$(BIN)/python benchmarks/report.py
	$(BIN)/python benchmarks/decoding.py

bench-night: $(VENV)/.test $(WEIGHTS) ## A simulated night of 500 calls, 1 and 2 workers, Ray, memory; and every fault
	QA_SHARED=$(SHARED) $(BIN)/python -m benchmarks.night
	QA_SHARED=$(SHARED) $(BIN)/python -m benchmarks.faults

clean: ## Remove what the targets made
	rm -rf $(VENV) out .coverage .mypy_cache .ruff_cache .pytest_cache
