.DEFAULT_GOAL := help
PYTHON ?= python3
# Where pip takes torch from: TORCH_ARGS="--index-url URL" for the CPU-only build (README, "A smaller torch").
TORCH_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help run test check quality format bench

help: ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(VENV)/.installed: pyproject.toml
	@echo "making $(VENV): this takes a few minutes, once"
	$(PYTHON) -m venv $(VENV)
	$(PIP) $(TORCH_ARGS) 'torch==2.13.0'
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(PIP) --editable '.[test]'
	@touch $@

run: $(VENV)/.installed ## install what is needed, build the index if there is none, open the chat
	$(BIN)/python app.py

test: $(VENV)/.installed-test ## install what is needed and run all tests
	$(BIN)/python -m pytest -q

check: $(VENV)/.installed-test quality ## lint, types, retrieval quality and tests: what CI runs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q

quality: $(VENV)/.installed-test ## fail where retrieval on the reported seed questions falls below its floors
	$(BIN)/wenju build --index .wenju-quality
	$(BIN)/wenju check benchmarks/questions/seeds-report.jsonl --index .wenju-quality --json .wenju-quality/report.json \
	  --min success@5=0.92 --min 'success@5[factoid]=0.95' --min 'success@5[crossscript]=0.95' \
	  --min 'success@5[crosslingual]=0.85' --max false_answer_rate=0.25 --max false_refusal_rate=0.15

format: $(VENV)/.installed-test ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-test ## measure speed and memory on the seeds; other tables: benchmarks/README.md
	$(BIN)/python -m benchmarks.speed
