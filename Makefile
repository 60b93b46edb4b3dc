# Set-up is one of these commands and nothing before it: each makes .venv and installs what it needs.
PYTHON ?= python3
ARGS ?=

help:  ## this list
	@echo "Yipan: one pool of stock. Needs Python 3.11 or newer, and nothing else (no Docker, no Java, no database)."
	@echo "Two commands to see it: 'make demo' runs it, 'make test' proves it."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  ARGS=\"...\" passes options on: make demo ARGS=\"--orders 20000 --exit --json out.json\"; make test ARGS=\"-k cancel\""
	@echo "  PYTHON=python3.12 picks another Python. After the first run there is also the command .venv/bin/yipan (--help)."

demo: .venv/installed  ## a year of a real retailer's orders, promised out of one pool of stock
	@.venv/bin/yipan demo $(ARGS)

up: .venv/installed  ## the local stack, until Ctrl-C: Kafka, workers, gateway, poller, analytics with pages
	@.venv/bin/yipan up $(ARGS)

test: .venv/installed-dev  ## all tests, those against a real Kafka too
	@.venv/bin/pytest $(ARGS)

check: .venv/installed-dev  ## format, lint, types, architecture
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/pytest -q tests/test_architecture.py

crash: .venv/installed  ## 1,000 schedules of crashes, zombies and lost answers in memory, each checked
	@.venv/bin/yipan simulate --schedules 1000 $(ARGS)

kill: .venv/installed  ## a real Kafka and real processes, struck KILLS times under load, then the proof
	@.venv/bin/python -m tests.crash --kills $(or $(KILLS),100) $(ARGS)

fuzz: .venv/installed-dev  ## hostile input for every way in, guided by coverage, for five minutes
	@.venv/bin/python -m tests.fuzz $(ARGS)

histories: .venv/installed-dev  ## recorded orders (../shared/data) played to their end, and compared with what their owners say
	@.venv/bin/python -m tests.histories $(ARGS)

bench: .venv/installed-dev  ## speed of this machine, as JSON and docs/benchmarks.md, in a quarter of an hour (ARGS="--quick")
	@.venv/bin/python -m tests.bench $(ARGS)

bench-peers: .venv/installed-dev  ## the same job on Kafka Streams, Quix Streams, Faust and a bare loop, as JSON
	@.venv/bin/python -m tests.bench.bench_peers $(ARGS)

bench-recovery: .venv/installed-dev  ## how soon work goes on after a death, with a million decisions in the log, as JSON
	@.venv/bin/python -m tests.bench.bench_recovery $(ARGS)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Yipan needs Python 3.11 or newer, and '$(PYTHON)' is not. Name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv \
	  || { rm -rf .venv; echo "'$(PYTHON) -m venv' failed; some systems ship it apart (Debian: apt install python3-venv)"; exit 1; }

.venv/installed: pyproject.toml streams/quick.pyx | .venv/bin/python
	@echo "Installing into .venv (once; a few minutes) ..."
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/installed-dev: pyproject.toml streams/quick.pyx | .venv/bin/python
	@echo "Installing into .venv, tools for tests included (once; a few minutes) ..."
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch .venv/installed $@

.PHONY: help demo up test check crash fuzz kill histories bench bench-peers bench-recovery
.DEFAULT_GOAL := help
