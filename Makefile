# Every command of this repository. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# Tests outside tests/unit and tests/spec that are quick enough for `make test-fast`.
FAST   := tests/integration/test_schema.py tests/integration/test_load.py

# The tests start hundreds of programs: each would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup screenshots front demo test test-fast check bench drills docs lock sbom audit clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## virtual environment with the locked dependencies (safe to repeat)

$(STAMP): requirements.lock pyproject.toml scripts/setup.sh
	@PYTHON="$(PYTHON)" scripts/setup.sh
	@touch $@

front: setup  ## the pages, built into the API
	@scripts/front.sh build

demo: setup front  ## a made-up shop, loaded and scored, and the dashboard served until Ctrl-C (SERVE=no: exit instead)
	@$(BIN)/foresell demo $(if $(filter no,$(SERVE)),--no-serve)

test: setup  ## everything that must hold: checks, then all tests
	@$(MAKE) --no-print-directory check
	@scripts/front.sh test
	@$(PYTEST)

test-fast: setup  ## the quick tests, for work in between: no browser, no slow proofs
	@$(PYTEST) tests/unit tests/spec $(FAST) -m "not slow_proof and not browser"

check: setup  ## style, types, imports, the API's contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python scripts/openapi.py --check
	@$(BIN)/python scripts/score_columns.py --check
	@$(BIN)/python scripts/error_codes.py --check
	@$(BIN)/python scripts/access_matrix.py --check
	@$(BIN)/python scripts/asvs.py --check
	@scripts/front.sh check

bench: setup  ## the benchmarks; results land in benchmarks/results
	@$(BIN)/python -m benchmarks

drills: setup  ## the security and reliability drills; results land in docs/security (ONLY=R7,S3: some of them; SEED=1)
	@$(BIN)/python -m tests.drills $(if $(ONLY),--only $(ONLY)) --seed $(or $(SEED),1)

docs: setup  ## renew the generated pages in docs/ and contracts/
	@$(BIN)/python scripts/command_line_reference.py
	@$(BIN)/python scripts/openapi.py
	@$(BIN)/python scripts/event_contracts.py
	@$(BIN)/python scripts/score_columns.py
	@$(BIN)/python scripts/error_codes.py
	@$(BIN)/python scripts/access_matrix.py
	@$(BIN)/python scripts/asvs.py

screenshots: setup front  ## the pictures of the README, from a real run
	@$(BIN)/python scripts/screenshots.py

lock:  ## renew requirements.lock from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --extra directories --extra kms --extra node --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" pyproject.toml -o requirements.lock

sbom: setup  ## what Foresell is made of, as CycloneDX in build/sbom
	@. scripts/node.sh && $(BIN)/python scripts/sbom.py

audit: setup  ## ask the vulnerability databases about every locked dependency (needs the network)
	@. scripts/node.sh && $(BIN)/python scripts/dependency_audit.py

clean:  ## forget the virtual environment (not your data in var/)
	rm -rf $(VENV)
