# make demo    hasten on the examples, beside plain pytest
# make test    every check (each piece can be called alone: see below)
# make bench   hasten beside plain pytest, pytest-xdist and rstest
# make build   the binary, target/release/hasten
# make clean   removes what was built, fetched and measured
#
# Needs a Rust toolchain and Python 3.9 or newer with venv (PYTHON=… names another one). Everything else is installed
# into .venv and .cache, once.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
export HASTEN_PYTHON := $(PYTHON)
SUITES := $(or $(HASTEN_SUITES),.cache/suites)
HASTEN := target/release/hasten
PIP := -m pip install --quiet --disable-pip-version-check
RUFF := .cache/tools/bin/ruff

.PHONY: help demo test bench build clean
help:
	@sed -n '1,/^$$/p;/^SHELL/q' Makefile | sed -n '/^#/{s/^# \{0,1\}//;p}'

demo: .venv/.ready build
	@$(PYTHON) scripts/demo

test:
	@MAKE="$(MAKE)" scripts/test lint test-rust test-python test-report test-suites

build:
	cargo build --release --package hasten

bench: build
	$(PYTHON) bench/run

clean:
	cargo clean
	rm -rf .venv .cache dist .hasten examples/.hasten

# ---- the pieces of `make test`

.PHONY: lint test-rust test-binary test-python test-report test-steady test-own-suites test-real-suites test-plugins test-libraries test-libraries-heavy test-suites test-wheel
lint: .cache/tools/.ready
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	$(RUFF) check --quiet . python
	$(RUFF) format --quiet --check . python

# The tests of the binary run pytest: that of .venv.
test-rust: .venv/.ready
	cargo test --workspace --quiet --no-fail-fast

# The tests that run the binary, with the Python of PYTHON.
test-binary: $(SUITES)/plain/.ready
	HASTEN_TEST_PYTHON=$(abspath $(SUITES))/plain/bin/python cargo test --package hasten --test it --quiet --no-fail-fast

# The same hard cases on the oldest and the newest Python that are here, and on PyPy. Not a part of `make test`: it takes
# an hour. VERSIONS="3.9 3.12" names others.
.PHONY: test-versions
test-versions: build
	@$(PYTHON) tests/versions $(VERSIONS)

# pytest 9 needs a newer Python than hasten does; where it could not be installed, the others remain. The versions run side by side.
test-python: suites-venvs
	@mkdir -p .cache/log; rm -f .cache/log/python-*.log; cd python; trap 'cat ../.cache/log/python-venv*.log' EXIT; pids=; for venv in venv-7.4 venv-8.4 venv; do \
	  python=$(abspath $(SUITES))/$$venv/bin/python; \
	  if [ -x $$python ]; then \
	    { echo "python/tests with $$($$python -c 'import pytest; print("pytest", pytest.__version__)')"; \
	      $$python -m pytest -q -p no:cacheprovider tests; } > ../.cache/log/python-$$venv.log 2>&1 & pids="$$pids $$!"; \
	  fi; \
	done; status=0; for pid in $$pids; do wait $$pid || status=1; done; exit $$status

# The page of `hasten report` in a real browser; pictures of it are left in .cache/report. Without Chromium it is skipped; with CI or HASTEN_CI set it fails.
test-report: .venv/.ready
	@scripts/install-chromium || [ -z "$${CI:-}$${HASTEN_CI:-}" ]
	cargo build --quiet --package hasten
	cargo build --quiet --package hasten-report --example history
	cd tests/report && ../../.venv/bin/python -m pytest -q -p no:cacheprovider

test-suites: test-steady test-own-suites test-real-suites test-plugins test-libraries

# That the suites say the same in any order, by plain pytest alone.
test-steady: suites-venvs
	@$(PYTHON) tests/suites/steady.py --all $(SUITES)

test-own-suites: suites-venvs build
	@$(PYTHON) tests/compare --only own

# Each plugin with a suite of its own. Without PostgreSQL or Chromium those that need it are skipped; with CI or HASTEN_CI set they fail.
test-plugins: .cache/plugins/.ready build
	@for script in scripts/install-postgresql scripts/install-chromium; do $$script || [ -z "$${CI:-}$${HASTEN_CI:-}" ]; done
	@$(PYTHON) tests/plugins/compare

# pytest-xdist is in a folder of its own, since plugins do other things where it is installed.
.cache/plugins/.ready: tests/plugins/requirements.txt
	rm -rf .cache/plugins && $(PYTHON) -m venv .cache/plugins
	.cache/plugins/bin/python $(PIP) -r $<
	.cache/plugins/bin/python $(PIP) --no-deps --target .cache/plugins/xdist pytest-xdist==3.8.0 execnet==2.1.2
	touch $@

# Libraries that a fork can break, and a real PostgreSQL. Without it, its part is skipped; with CI or HASTEN_CI set it fails.
test-libraries: .cache/libraries/.ready build
	@scripts/install-postgresql || [ -z "$${CI:-}$${HASTEN_CI:-}" ]
	@$(PYTHON) tests/libraries/compare

# Large ones. Not a part of `make test`.
test-libraries-heavy: .cache/libraries-heavy/.ready build
	@$(PYTHON) tests/libraries/compare --heavy --python .cache/libraries-heavy/bin/python

.cache/libraries/.ready: tests/libraries/requirements.txt
	rm -rf .cache/libraries && $(PYTHON) -m venv .cache/libraries
	.cache/libraries/bin/python $(PIP) -r $<
	touch $@

.cache/libraries-heavy/.ready: tests/libraries/requirements-heavy.txt tests/libraries/requirements.txt
	rm -rf .cache/libraries-heavy && $(PYTHON) -m venv .cache/libraries-heavy
	.cache/libraries-heavy/bin/python $(PIP) -r $<
	touch $@

test-real-suites: build
	@tests/fetch-suites
	@$(PYTHON) tests/compare --only real

# Suites of other projects, in environments of their own, for docs/compatibility.md. Not a part of `make test`: it takes
# an hour. ONLY="NAME NAME" runs these.
.PHONY: compatibility
compatibility: build
	@$(PYTHON) tests/compatibility $(if $(ONLY),--only $(ONLY))

# That `pip install .` puts the native binary and the package for suites into an environment. Not a part of `make test`: it
# builds everything again.
test-wheel:
	rm -rf .cache/wheel && mkdir -p .cache
	$(PYTHON) -m venv .cache/wheel
	.cache/wheel/bin/python $(PIP) .
	.cache/wheel/bin/hasten --version
	cd / && $(CURDIR)/.cache/wheel/bin/python -c 'import hasten, importlib.util as u; assert hasten.once; assert not u.find_spec("hasten_worker")'
	cd examples && ../.cache/wheel/bin/hasten shop/tests

# ---- environments

.PHONY: suites-venvs
suites-venvs:
	@tests/fetch-suites --venvs

.venv/.ready: examples/requirements.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python $(PIP) -r $<
	@touch $@

$(SUITES)/plain/.ready: examples/requirements.txt
	rm -rf $(@D) && $(PYTHON) -m venv $(@D)
	$(@D)/bin/python $(PIP) -r $<
	@touch $@

.cache/tools/.ready: scripts/tools.txt
	$(PYTHON) -m venv .cache/tools
	.cache/tools/bin/python $(PIP) -r $<
	@touch $@
