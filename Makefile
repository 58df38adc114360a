# make setup | run | test | check | bench | docs | lock
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
PIP := $(BIN)/python -m pip install --disable-pip-version-check
UV := $(BIN)/uv pip install --python $(BIN)/python

# uv leaves the compiling to the first start. Where nothing compiled may be kept (as in many containers), every start of
# anything here, also those that the tests make, would compile all libraries anew: four seconds of processor each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-dev run test attack attack-agentdojo test-n8n check bench docs lock clean weights

help: ## Show what each target does
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## Create .venv from the hash-locked requirements

setup-dev: $(VENV)/.ready-dev

# uv installs in a sixth of pip's time; where it cannot be had, or reaches no registry (it does not read pip.conf), pip
# reads the same locked hashes, without uv's own. uv compiles nothing: what the commands import is compiled here, by
# importing it (7 s of processor, of which the first start saves 4; all of the libraries would be 32 s and 160 MB).
$(VENV)/.ready: requirements.lock pyproject.toml
	@echo "Setting up .venv (about a minute, about 1 GB) ..."
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3,11) <= sys.version_info < (3,14) else "Twinning needs Python 3.11, 3.12 or 3.13; set PYTHON=python3.12, for example.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.lock
	@sed '/^uv==/,/[^\\]$$/d' requirements.lock > $(VENV)/pip.lock
	@if $(PIP) -q --require-hashes -r $(VENV)/uv.lock && $(UV) -q --require-hashes -r requirements.lock; then :; else \
		echo "uv does not do here; using pip, which takes some minutes ..."; \
		$(PIP) -q --require-hashes -r $(VENV)/pip.lock; \
	fi
	@$(PIP) -q --no-deps --no-build-isolation -e .
	@$(BIN)/python -c "import assistant.serve, assistant.doctor, tools; tools.all_tools()"
	@echo "The environment is ready."
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	@test -x $(BIN)/uv && $(UV) -q --require-hashes -r requirements-dev.lock || $(PIP) -q --require-hashes -r requirements-dev.lock
	@touch $@

run: setup ## Start everything and open the web chat's address
	@$(BIN)/twinning serve $(ARGS)

weights: setup
	@$(BIN)/twinning model pull

test: setup-dev ## Set up and run all tests, three at a time
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

test-n8n: setup-dev ## Test with a real n8n (the first time: ten minutes, 2.7 GB)
	@$(BIN)/python tests/n8n/install_n8n.py
	@N8N_LANE=1 $(BIN)/python -m pytest tests/n8n $(ARGS)

attack: setup-dev ## Attack it with a model that obeys everybody (some minutes)
	@ATTACK=all $(BIN)/python -m pytest tests/attack $(ARGS)

attack-agentdojo: setup-dev ## The same with AgentDojo's 629 pairs (the first time: 180 MB)
	@$(BIN)/python tests/attack/agentdojo/install_agentdojo.py
	@ATTACK_AGENTDOJO=1 $(BIN)/python -m pytest tests/attack/agentdojo $(ARGS)

check: setup-dev ## Style, types, floors, documents
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m assistant.documents --check

docs: setup ## Rewrite .env.example and the tables of the READMEs
	@$(BIN)/python -m assistant.documents

bench: setup-dev ## Measure; writes bench/results.md
	@$(BIN)/python -m bench $(ARGS)

lock: setup ## Resolve the requirements anew
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -q pyproject.toml --group build -o requirements.lock
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -q --group dev -c requirements.lock -o requirements-dev.lock

clean: ## Remove the environment (never the data)
	rm -rf $(VENV)
