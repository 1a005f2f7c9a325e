# Labelwright's commands; `make` alone lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

# Tests and benches have servers and files of their own, so that neither touches a running demo or its data.
# A test's database need not survive a power cut.
TESTING := VAR_DIR="$(CURDIR)/var/test" EMBEDDED_FSYNC=off
BENCHING := VAR_DIR="$(CURDIR)/var/bench"
WITH_SERVERS := $(BIN)/python -m config.embedded run

# A deployment as `check --deploy` expects it. Nothing is connected to and the keys are thrown away.
RANDOM_KEY = $$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(48))')
DEPLOYED = HTTPS=1 ALLOWED_HOSTS=labels.example.org PUBLIC_URL=https://labels.example.org \
	SECRET_KEY="$(RANDOM_KEY)" ENCRYPTION_KEY="$(RANDOM_KEY)" \
	DATABASE_URL=postgresql://labelwright@db.example.org/labelwright REDIS_URL=redis://redis.example.org/0

.PHONY: help install demo test check bench lock clean _check _test

help: ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

install: .venv/.installed node_modules/.installed ## Install everything into .venv and node_modules

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Labelwright needs Python 3.11 or newer; name one: make PYTHON=python3.12" >&2; exit 1; }
	@echo "Installing the Python packages (about 3 GB with PyTorch, the first time) …"
	@$(BIN)/python -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[assist,dev]'
	@touch $@

node_modules/.installed: package.json package-lock.json
	@echo "Installing the browser's packages …"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

demo: install ## Run Labelwright with a sample organisation; PORT=8000 IMAGES=folder
	@$(BIN)/python -m config.processes demo

test: install ## Run everything CI runs; ARGS='…' goes to pytest
	@$(TESTING) $(WITH_SERVERS) $(MAKE) --no-print-directory _check _test

check: install ## Run the checks that need no tests
	@$(TESTING) $(WITH_SERVERS) $(MAKE) --no-print-directory _check

_check:
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo > var/test/imports.log || { cat var/test/imports.log; exit 1; }
	$(BIN)/djlint --lint --quiet templates
	npm run --silent types
	$(BIN)/python manage.py makemigrations --check --dry-run
	@echo "manage.py check --deploy"
	@$(DEPLOYED) $(BIN)/python manage.py check --deploy --fail-level=WARNING
	@echo "manage.py collectstatic"
	@rm -rf var/test/collected && STATIC_ROOT=var/test/collected $(DEPLOYED) $(BIN)/python manage.py collectstatic --noinput --verbosity=0

_test:
	npm test --silent
	$(BIN)/python -m pytest -n logical --maxprocesses=4 $(ARGS)

bench: install ## Measure one thing: NAME=queue runs bench/queue.py; ARGS='…' goes to it
	@test -n "$(NAME)" -a -f "bench/$(NAME).py" -o -f "bench/$(NAME)/__main__.py" || { echo "usage: make bench NAME=… with one of:" $$(grep -l '^def main' bench/*.py bench/*/__main__.py | sed -E 's#bench/([a-z_]*)(/__main__)?\.py#\1#') >&2; exit 2; }
	@$(BENCHING) $(WITH_SERVERS) $(BIN)/python -m bench.$(NAME) $(ARGS)

# CUDA's own packages follow from torch and differ between platforms, and a local build tag names one machine's file.
lock: ## Write constraints.txt from what is installed in .venv
	@$(BIN)/python -m pip freeze --exclude-editable --exclude labelwright \
		| grep -viE '^(nvidia-|cuda-|triton=|-e |.* @ )' | sed -E 's/\+[A-Za-z0-9.]+$$//' > .venv/constraints.txt
	@mv .venv/constraints.txt constraints.txt && touch .venv/.installed && wc -l constraints.txt

clean: ## Remove what can be made again; your data in var/ stays
	@if [ -x $(BIN)/python ]; then \
		$(TESTING) $(BIN)/python -m config.embedded delete; $(BENCHING) $(BIN)/python -m config.embedded delete; fi
	rm -rf var/test var/bench node_modules .venv *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
