# `make install` builds .venv with everything; all other targets use it.
.PHONY: install demo test check bench

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || $$(command -v $(PYTHON) || command -v python3) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: install
	$(BIN)/scrapy demo

test: install chromium
	$(BIN)/python -m pytest --numprocesses 3 --dist worksteal

# The tests see pages in the real Chromium. Debian's package is installed where that may be done.
.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
		|| { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq \
			&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } \
		|| { echo "make: the tests need Chromium: apt-get install chromium (as root), or set PATH to one" >&2; exit 1; }

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: install
	$(BIN)/python -m tests.benchmarks

# Resolve the dependencies anew; the lock carries versions and hashes, no index address.
.PHONY: lock
lock:
	uv pip compile --upgrade --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url \
		--no-annotate --no-header pyproject.toml --output-file requirements.lock

# Precision and recall on labelled documents: make evaluate DATA=pages.jsonl.gz
.PHONY: evaluate
evaluate: install
	$(BIN)/python -m pipelines.evaluate $(DATA)
