# The everyday commands. CMakeLists.txt builds; this only calls it.
#
#   make demo     set up, build, show the notebook's mistakes found and its repair proven, and a fraud model
#                 trained under proof
#   make test     set up, build, and run all tests
#   make test-python  the Python package's tests, with PyTorch and JAX, which it installs into build/python
#   make check    the tests again under AddressSanitizer and UndefinedBehaviorSanitizer; before them, scripts/arrows
#   make fuzz     libFuzzer on all that reads what others wrote (TARGET=csv for one; SECONDS=600 a target)
#   make check-threads  the tests that use threads, under ThreadSanitizer
#   make allocations   every kind of work with each allocation failing, all of them one by one (minutes)
#   make bench    measurements (bench/)
#   make corpus   gradproof and its peers on functions and mistakes drawn anew (SEED="1 2 3", bench/corpus/)
#   make wild     gradproof on derivatives of released Python packages (docs/found-in-the-wild.md)
#   make peers    install the peers: apt packages, and Python packages into build/peers
#   make goldens  what gradproof says in a few hundred runs, kept in build/goldens; WITH=FOLDER compares with another
#                 such folder (scripts/goldens)
#   make browser  pages of reports in a headless Chromium (tests/program/test_browser.py)
#   make lint     clang-tidy and cppcheck;  make format: clang-format
#   make install  to PREFIX (default /usr/local)

PREFIX ?= /usr/local
TEST_JOBS ?= 2

.PHONY: all setup demo test check check-threads allocations fuzz browser bench corpus goldens peers lint format install coverage clean

all: build

setup:
	@scripts/setup

.PHONY: build
build: setup
	@scripts/build release build

# Real card transactions beside the checkout, if there are any; DATA= and LABEL= for your own.
DATA ?= $(wildcard ../shared/data/ulb_creditcard_10k.csv)
LABEL ?= Class

demo: build
	@build/gradproof demo $(if $(DATA),--data $(DATA) --label $(LABEL))
	@scripts/demo build/gradproof

test: build
	@ctest --test-dir build --output-on-failure -j $(TEST_JOBS); code=$$?; cat build/python.skipped 2>/dev/null; exit $$code

.PHONY: test-python
test-python: setup
	@FRAMEWORKS=1 scripts/test_python build

check: setup
	@scripts/arrows
	@scripts/build dev build-dev
	@ctest --test-dir build-dev --output-on-failure -j $(TEST_JOBS) -LE valgrind

SECONDS ?= 60
TARGET ?=
fuzz: setup
	@scripts/setup fuzz
	@scripts/fuzz $(SECONDS) $(TARGET)

# Checks and training with several threads, under ThreadSanitizer.
check-threads: setup
	@scripts/build threads build-threads thread_tests
	@ctest --test-dir build-threads --output-on-failure -j $(TEST_JOBS) -L threads

allocations: setup
	@scripts/build dev build-dev test_failing_allocations
	@OPENBLAS_NUM_THREADS=1 GRADPROOF_EVERY_ALLOCATION=1 build-dev/tests/test_failing_allocations

browser: build
	@scripts/setup browser
	@ctest --test-dir build --output-on-failure -R test_browser

coverage: setup
	@scripts/build coverage build-coverage
	@ctest --test-dir build-coverage --output-on-failure -j $(TEST_JOBS) -LE valgrind

bench: build
	@bench/run build

SEED ?= 1
.PHONY: wild
wild: setup
	@scripts/wild build

corpus: build
	@bench/corpus/run build $(SEED)

WITH ?=
goldens: build
	@rm -rf build/goldens
	@scripts/goldens build build/goldens
	@$(if $(WITH),scripts/goldens $(WITH) build/goldens)

peers: build
	@scripts/setup peers
	@python3 -m venv build/peers
	@build/peers/bin/pip install --quiet --requirement bench/corpus/requirements.txt
	@cmake --preset release >/dev/null

lint: build
	@scripts/setup lint
	@scripts/lint build

format:
	@scripts/setup format
	@clang-format -i $$(git ls-files '*.c' '*.h' '*.cpp' '*.hpp')

install: build
	@cmake --install build --prefix $(PREFIX)
	@scripts/after_install build/install_manifest.txt

clean:
	@rm -rf build build-dev build-threads build-fuzz build-coverage build.log
