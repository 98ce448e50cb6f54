# Every command people need is a line here, and CI calls the same lines.
# The first two work on a machine that has only Python 3.11+, make and git.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready
UV     := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
unexport PYTHONDONTWRITEBYTECODE# the suite starts hundreds of interpreters: what is compiled is kept

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

$(STAMP): pyproject.toml
ifdef UV
	@test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) $(VENV)
	uv pip install --quiet --python $(BIN)/python -e . --group dev
else
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e . --group dev
endif
	@touch $@

demo: $(STAMP) ## the main job end to end on the embedded emulator: connect, sync, map, listen
	$(BIN)/amocrm-sync demo

screenshots: $(STAMP) ## the administration page driven in Chromium; its pictures in the docs taken anew
	SCREENSHOTS=docs/assets REQUIRE_SERVICES=1 $(BIN)/python -m pytest -q tests/e2e/test_page.py

serve: $(STAMP) ## the administration page in a browser, on an emulated account
	$(BIN)/amocrm-sync serve

services: $(STAMP) ## PostgreSQL and Redis for the tests, from Debian's packages (as root)
	$(BIN)/python tools/services.py

test: export PYTHONHASHSEED := 0# a history of the simulation is replayed by its seed, whatever the order of sets
test: $(STAMP) ## the whole suite
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not alone and not paced"
	$(BIN)/python -m pytest -n 2 --dist worksteal -m paced tests/e2e
	$(BIN)/python -m pytest -m alone tests/e2e

check: lint types generated docs test ## everything CI asks for: format, lint, types, generated files, docs, tests

lint: $(STAMP) ## format and lint, without changing anything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP) ## mypy strict and pyright strict on src
	$(BIN)/mypy
	$(BIN)/pyright

generated: $(STAMP) ## generated files are in step with their sources
	$(BIN)/python tools/unasync.py --check
	$(BIN)/python tools/resource_tables.py --check
	$(BIN)/python tools/route_tables.py --check
	$(BIN)/python tools/typescript_client.py --check

generate: $(STAMP) ## write the generated files (the sync half, the tables of methods)
	$(BIN)/python tools/unasync.py
	$(BIN)/python tools/resource_tables.py
	$(BIN)/python tools/route_tables.py
	$(BIN)/python tools/typescript_client.py

fix: $(STAMP) ## format and fix what can be fixed mechanically
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .

docs: $(STAMP) ## build the documentation into site/
	$(BIN)/mkdocs build --strict

soak-tokens: $(STAMP) ## races for a refresh token, a minute a line; writes docs/reference/token-races.md
	$(BIN)/python benchmarks/token_race.py

simulate-offline: $(STAMP) ## five thousand histories of ten phones each; other ones with SEEDS=a..b
	OFFLINE_SEEDS=$(or $(SEEDS),0..4999) $(BIN)/python -m pytest -q -n 2 tests/property/test_offline_devices.py -k converges

soak-limiter: $(STAMP) ## four processes under one rate limit, a minute a line; writes docs/reference/rate-limits.md
	$(BIN)/python benchmarks/soak_limiter.py

SEEDS ?= 0..2000

simulate: $(STAMP) ## histories of the sync under faults, by seed: make simulate SEEDS=0..2000; adds to docs/reference/reliability.md
	$(BIN)/python tools/simulate.py $(SEEDS)

simulate-postgres: $(STAMP) ## the same in real time on PostgreSQL, two workers that are killed, for SECONDS (600); its line goes to reliability.md
	$(BIN)/python tools/simulate_postgres.py --seconds $(or $(SECONDS),600)

simulated: $(STAMP) ## 2,000 histories in memory and 50 on SQLite; the table stays as it is
	$(BIN)/python tools/simulate.py 0..2000 --no-table
	$(BIN)/python tools/simulate.py 0..50 --store sqlite --no-table

soak: $(STAMP) ## 200 kills of workers while people edit on both sides, on PostgreSQL
	SOAK_KILLS=200 $(BIN)/python -m pytest -q -s tests/e2e/test_worker_kills.py

DEPTH ?= 20

property: $(STAMP) ## every property with DEPTH times the examples of the suite (20)
	DEPTH=$(DEPTH) $(BIN)/python -m pytest -n 2 --dist worksteal -m hypothesis --timeout 3600

fuzz: $(STAMP) ## 10,000 requests made from the OpenAPI document, right and wrong, against the handlers
	FUZZ_EXAMPLES=150 $(BIN)/python -m pytest -q tests/unit/handlers/test_openapi.py --timeout 3600

examples: $(STAMP) ## each host in examples/ from its README's lines, with the built wheel in a fresh environment
	$(BIN)/python tools/example_hosts.py

load: $(STAMP) ## 1,000 webhooks a second by wrk, then kill -9; fails over 50 ms (p99); writes docs/reference/load.md
	$(BIN)/python benchmarks/load.py --page docs/reference/load.md

bench: $(STAMP) ## speed side by side with raw httpx and the other clients, as ratios in one run
	$(BIN)/python benchmarks/list_leads.py
	$(BIN)/python benchmarks/compare.py --page docs/reference/benchmarks.md

bench-store: $(STAMP) ## webhook bodies, edits and leads that the sync store takes in a second; writes docs/reference/store-figures.md
	$(BIN)/python -m benchmarks.sync_store --page docs/reference/store-figures.md

bench-sync: $(STAMP) ## what the sync costs and misses, each figure beside its bar; writes docs/reference/sync-figures.md (half an hour)
	$(BIN)/python -m benchmarks.sync_figures

bench-mapping: $(STAMP) ## how often the mapping is right, beside a keyword list and the majority; and how fast
	$(BIN)/python benchmarks/mapping.py --ablate

record-cassettes: $(STAMP) ## record tests/cassettes again, from the account in AMOCRM_SUBDOMAIN with AMOCRM_TOKEN (writes to it)
	$(BIN)/python -m pytest tests/cassettes/_sync/test_cassettes*.py --record-mode=rewrite -k httpx-loose
	$(BIN)/python -m pytest tests/cassettes

clean: ## remove the environment and every cache
	rm -rf $(VENV) site dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: help demo screenshots serve services test check lint types generated generate fix docs soak soak-tokens soak-limiter simulate simulate-postgres simulated simulate-offline property fuzz examples load bench bench-store bench-sync bench-mapping record-cassettes clean
