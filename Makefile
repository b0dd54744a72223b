# The verbs of daily work. Needs Python 3.11 or newer with its venv module, and the package index; nothing else.

SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
BIND ?= 127.0.0.1:$(PORT)
VENV := .venv
BIN := $(VENV)/bin

# A demo on another port is another demo: the address stands in its signed statements and on its labels.
ifneq ($(PORT),8000)
export DATA_DIR ?= data/port-$(PORT)
endif
export PUBLIC_URL ?= http://localhost:$(PORT)

# The web server and, beside it, the process that publishes and does jobs. Either's end is the end of both.
define SERVE
$(BIN)/python manage.py keep & keep=$$!; \
$(BIN)/gunicorn provenance.wsgi --bind $(BIND) --worker-class gthread --workers 2 --threads 4 --forwarder-headers "" --no-control-socket --log-level warning & web=$$!; \
trap 'trap - EXIT; kill $$keep $$web 2>/dev/null; wait; exit 0' INT TERM; \
trap 'kill $$keep $$web 2>/dev/null; wait' EXIT; \
echo "Beantrail is at $(PUBLIC_URL) (Ctrl-C stops it)"; wait $$web
endef

.PHONY: help demo run test fire lint format messages nightly benchmarks benchmarks-long screenshots clean

help:
	@echo "make demo         the whole story on this machine: http://localhost:$(PORT)"
	@echo "make test         the tests, on SQLite, without any service"
	@echo "make run          migrate and serve what is in data/ (or DATABASE_URL)"
	@echo "make lint         format, lint, import contracts, types"
	@echo "make fire         servers killed, disks failing, history rewritten; KILLS, FLIPS, CALLS, JOBS say how often"
	@echo "make messages     new sentences of the shopper's pages into the catalogues, and these compiled (needs gettext)"
	@echo "make nightly      the long forms of the tests"
	@echo "make benchmarks   what it costs, as ratios (benchmarks/README.md); benchmarks-long: with a million events"
	@echo "make screenshots  the pictures of the README, from the running demo"

demo: $(VENV)/runtime
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py demo
	@$(SERVE)

run: $(VENV)/runtime
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(SERVE)

# A file's tests stay together in one process: those that share a broker or a browser must not meet themselves.
test: $(VENV)/development
	$(BIN)/pytest -q -n auto --dist loadfile --ignore provenance/tests/fire $(ARGS)

# One after the other: they measure time, and kill what they started. With DATABASE_URL on a PostgreSQL they start
# clusters of their own beside it.
fire: $(VENV)/development
	$(BIN)/pytest -q provenance/tests/fire provenance/trail/tests/test_kills.py $(ARGS)

lint: $(VENV)/development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(VENV)/development
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

messages: $(VENV)/runtime
	$(BIN)/python manage.py makemessages --all --no-wrap --no-obsolete --add-location file $(foreach each,.venv data* staticfiles node_modules */tests benchmarks docs,--ignore '$(each)')
	cd provenance/shelf && ../../$(BIN)/python ../../manage.py compilemessages --verbosity 0

nightly: $(VENV)/development
	HYPOTHESIS_PROFILE=nightly KILLS=1000 FLIPS=10000 CALLS=200 JOBS=1000 $(BIN)/pytest -q $(ARGS)

benchmarks: $(VENV)/development
	$(BIN)/python benchmarks/run.py

benchmarks-long: $(VENV)/development
	$(BIN)/python benchmarks/run.py --long

screenshots: $(VENV)/development
	$(BIN)/python docs/screenshots.py

clean:
	rm -rf $(VENV) staticfiles .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis

# The stamps: installed once, and again when the pins change.

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Beantrail needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 demo"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/runtime: requirements.txt | $(VENV)/bin/python
	@echo "Installing what Beantrail runs on (once, about a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/development: requirements-dev.txt requirements-s3.txt $(VENV)/runtime
	@echo "Installing the tools of test and lint (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-s3.txt -r requirements-dev.txt
	@touch $@
