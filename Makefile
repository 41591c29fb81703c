# The everyday commands. CMakeLists.txt builds; this only calls it.
#
#   make demo     set up, build, show the notebook's mistakes found and its repair proven, and a fraud model
#                 trained under proof
#   make test     set up, build, and run all tests
#   make check    the tests again under AddressSanitizer and UndefinedBehaviorSanitizer
#   make fuzz     libFuzzer on all that reads what others wrote (TARGET=csv for one; SECONDS=600 a target)
#   make bench    measurements (bench/)
#   make corpus   gradproof and its peers on functions and mistakes drawn anew (SEED="1 2 3", bench/corpus/)
#   make peers    install the peers: apt packages, and Python packages into build/peers
#   make lint     clang-tidy and cppcheck;  make format: clang-format
#   make install  to PREFIX (default /usr/local)

PREFIX ?= /usr/local
TEST_JOBS ?= 2

.PHONY: all setup demo test check fuzz bench corpus peers lint format install coverage clean

all: build

setup:
	@scripts/setup

.PHONY: build
build: setup
	@{ cmake --preset release $(if $(CI),-DGP_WERROR=ON) && cmake --build build; } >build.log 2>&1 \
		|| { cat build.log; exit 1; }

# Real card transactions beside the checkout, if there are any; DATA= and LABEL= for your own.
DATA ?= $(wildcard ../shared/data/ulb_creditcard_10k.csv)
LABEL ?= Class

demo: build
	@build/gradproof demo $(if $(DATA),--data $(DATA) --label $(LABEL))
	@scripts/demo build/gradproof

test: build
	@ctest --test-dir build --output-on-failure -j $(TEST_JOBS)

check: setup
	@cmake --preset dev $(if $(CI),-DGP_WERROR=ON)
	@cmake --build build-dev
	@ctest --test-dir build-dev --output-on-failure -j $(TEST_JOBS) -LE valgrind

SECONDS ?= 60
TARGET ?=
fuzz: setup
	@scripts/setup fuzz
	@scripts/fuzz $(SECONDS) $(TARGET)

coverage: setup
	@cmake --preset coverage
	@cmake --build build-coverage
	@ctest --test-dir build-coverage --output-on-failure -j $(TEST_JOBS) -LE valgrind

bench: build
	@bench/run build

SEED ?= 1
corpus: build
	@bench/corpus/run build $(SEED)

peers: build
	@scripts/setup peers
	@python3 -m venv build/peers
	@build/peers/bin/pip install --quiet --requirement bench/corpus/requirements.txt
	@cmake --preset release >/dev/null

lint: build
	@scripts/setup lint
	@clang-tidy -p build --quiet $$(git ls-files 'src/*.c') 2>/dev/null
	@cppcheck --quiet --enable=warning,performance,portability --error-exitcode=1 \
		--suppress=missingIncludeSystem --suppress=invalidPointerCast --inline-suppr -I include -I src $$(git ls-files 'src/*.c')

format:
	@scripts/setup format
	@clang-format -i $$(git ls-files '*.c' '*.h' '*.cpp' '*.hpp')

install: build
	@cmake --install build --prefix $(PREFIX)

clean:
	@rm -rf build build-dev build-fuzz build-coverage build.log
