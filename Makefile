# `make run` and `make test` are the contract; `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
#: Test processes at the same time: three for two cores, since each waits a third of its time for servers, browsers and the disk.
JOBS ?= 3
ENGLISH := festival/translations/en/LC_MESSAGES/messages.mo
#: The built-in server is a demo unless the environment or .env says otherwise.
DEMO := $(shell grep -qsE '^(export )?FESTIVAL_DEMO=' .env || echo $${FESTIVAL_DEMO-1})
export FLASK_APP := wsgi
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run test coverage test-fast mutants bench lint fmt lock messages states roles migration

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-11s %s\n", $$1, $$2 }'

# -- running --------------------------------------------------------------------------------------------------------------

run: .make/runtime $(ENGLISH) ## start the festival on http://127.0.0.1:8000 (PORT=…), as a demo
	@$(if $(DEMO),export FESTIVAL_DEMO=$(DEMO);) \
	echo "Preparing the database …"; $(BIN)/flask db upgrade; \
	echo "Loading the programme …"; $(BIN)/flask seed load; \
	exec $(BIN)/python wsgi.py

# -- checking -------------------------------------------------------------------------------------------------------------

test: lint ## everything: style, types, templates, imports, translations, then all tests on both databases
	@echo "== pytest, on SQLite and PostgreSQL"
	@$(BIN)/python -m pytest -n $(JOBS)

coverage: .make/dev $(ENGLISH) ## how much of the package the tests run (slower: every line is counted)
	@$(BIN)/python -m pytest -n $(JOBS) --cov --cov-report=
	@echo "Coverage of festival: $$($(BIN)/coverage report --format=total) %"

test-fast: .make/dev $(ENGLISH) ## the inner loop: quick tests, SQLite only
	@$(BIN)/python -m pytest -n $(JOBS) --database sqlite -m "not slow and not browser and not storm"

lint: .make/dev $(ENGLISH) ## the checks that run no test
	@echo "== ruff check"; $(BIN)/ruff check --quiet
	@echo "== ruff format"; $(BIN)/ruff format --check --quiet
	@echo "== mypy"; $(BIN)/mypy
	@echo "== djlint"; $(BIN)/djlint --lint --quiet templates
	@echo "== import-linter"; $(BIN)/lint-imports --no-logo
	@echo "== translations"; $(BIN)/python -m festival.lib.catalogue check

mutants: .make/dev $(ENGLISH) ## plant bugs in a copy, one after the other, and see each caught by its test (some minutes)
	@$(BIN)/python -m tests.mutants

bench: .make/dev $(ENGLISH) ## what sign-ups and pages cost here, beside the least possible; write=1 puts it into bench/README.md
	@$(BIN)/python -m bench $(if $(write),--write)

# -- working --------------------------------------------------------------------------------------------------------------

fmt: .make/dev ## put Python into its normal form
	@$(BIN)/ruff format; $(BIN)/ruff check --fix --quiet || true

lock: .make/dev ## pin requirements*.in with their hashes; UPGRADE=1 takes newer releases
	@for name in requirements requirements-dev; do \
		$(BIN)/uv pip compile --universal --python-version 3.11 --no-strip-extras --generate-hashes --no-header --quiet \
			$(if $(UPGRADE),--upgrade) $$name.in -o $$name.txt; \
	done

messages: .make/dev ## add what is new in code and templates to the English catalogue, and list what lacks English
	@$(BIN)/python -m festival.lib.catalogue messages

states: .make/runtime $(ENGLISH) ## draw the states of a sign-up anew into docs/sign-up-states.md, from the code
	@$(BIN)/python -m festival.signups.diagram

roles: .make/runtime $(ENGLISH) ## write who may open which page anew into docs/roles.md, from the code
	@FESTIVAL_DEMO=1 FESTIVAL_DATA=$$(mktemp -d) $(BIN)/flask staff matrix

migration: .make/runtime ## a new migration from the models: make migration m="add the seat row"
	@test -n "$(m)" || { echo 'Say what it does: make migration m="add the seat row"'; exit 2; }
	@last=$$(ls migrations/versions/[0-9]*.py | tail -n 1); last=$${last##*/}; \
	FESTIVAL_DEMO=$${FESTIVAL_DEMO-1} $(BIN)/flask db revision --autogenerate \
		--rev-id "$$(printf '%04d' $$((10#$${last%%_*} + 1)))" -m "$(m)"

# -- what the above stand on: each step is done again only when what it is made from has changed ----------------------------

$(ENGLISH): $(wildcard festival/translations/en/*.po) .make/runtime
	@$(BIN)/python -m festival.lib.catalogue compile

.make/runtime: requirements.txt $(BIN)/python
	@echo "Installing what the festival runs on (half a minute the first time) …"
	@$(BIN)/python -m pip install --require-hashes -r requirements.txt | grep --line-buffered -E '^(Collecting|Installing)' || test $${PIPESTATUS[0]} -eq 0
	@mkdir -p .make && touch $@

.make/dev: requirements-dev.txt .make/runtime
	@echo "Installing the tools for development (a minute the first time) …"
	@$(BIN)/python -m pip install --require-hashes -r requirements-dev.txt | grep --line-buffered -E '^(Collecting|Installing)' || test $${PIPESTATUS[0]} -eq 0
	@mkdir -p .make && touch $@

$(BIN)/python:
	@for python in "$${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	test -n "$${found-}" || { echo "This needs Python 3.11 or newer: install it, or name it with PYTHON=/path/to/python3 make run"; exit 1; }; \
	"$$found" -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python cannot make a virtual environment. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }; \
	echo "Making .venv …"; rm -rf .make; \
	trap 'rm -rf .venv' INT TERM; \
	"$$found" -m venv --clear .venv || { rm -rf .venv; echo "Making .venv failed. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
