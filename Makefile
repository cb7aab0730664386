# The two commands: `make run` and `make test`. Both say what they install before they install it.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
RUN_ARGS ?=
BENCH_ARGS ?=
FUZZ_SECONDS ?= 60
# A compiler cache is used where there is one, and never needed.
export CMAKE_CXX_COMPILER_LAUNCHER ?= $(shell command -v ccache)

PREFIX ?= /usr/local

.PHONY: all build install run test fuzz soak hostile bench format tidy clean setup-build setup-test

all: build

setup-build:
	@tools/setup.sh build

setup-test:
	@tools/setup.sh test

# Every program, into build/release/bin/.
build: setup-build
	cmake --preset release
	cmake --build --preset release --parallel $(JOBS)

# Installs programs and the client library below PREFIX; DESTDIR is put before it.
install: build
	cmake --install build/release --prefix $(PREFIX)

# Starts the server in the foreground on ./data; RUN_ARGS="--port 3399" passes flags on.
run: build
	@echo "Starting immudb on ./data; stop it with Ctrl-C."
	exec build/release/bin/immudb --dir ./data $(RUN_ARGS)

# Builds with AddressSanitizer and UndefinedBehaviorSanitizer, then runs every test that is not
# labelled slow, soak, clients or hostile.
test: setup-test
	cmake --preset dev
	cmake --build --preset dev --parallel $(JOBS)
	ctest --preset dev --label-exclude '^(slow|soak|clients|hostile)$$' --parallel $(JOBS)

# Every decoder of bytes from outside against bytes that clang's libFuzzer makes up, for so many
# seconds each.
fuzz: setup-test
	JOBS=$(JOBS) tools/fuzz.sh $(FUZZ_SECONDS)

# The long forms of the tests that start the programs: hours, on the release build. And ten minutes
# for each fuzz target.
soak: build test
	tools/fuzz.sh 600
	build/dev/bin/simulate --seconds 1200 --least 100
	IMMUDB_BIN_DIR="$(CURDIR)/build/release/bin" ctest --preset dev --label-regex '^soak$$'

# Attacks on the network front of the release build, beside an honest client; they need a quiet
# machine. HTTP/2's conformance test is among them if the Go module registry can be reached.
hostile: build setup-test
	cmake --preset dev
	cmake --build --preset dev --parallel $(JOBS) --target echo_server
	GOBIN="$(CURDIR)/build/tools" timeout 120 go install \
	  github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible || echo "no h2spec"
	IMMUDB_BIN_DIR="$(CURDIR)/build/release/bin" ctest --preset dev --label-regex '^hostile$$'

# Measures the engine in process and the server over gRPC, with files under build/bench, and writes
# build/bench/results.json too. BENCH_ARGS="get proof" measures the rows with one of these words
# only; bench/options.h has the options.
bench: build
	rm -rf build/bench && mkdir -p build/bench
	build/release/bin/engine_bench --json build/bench/results.json $(BENCH_ARGS)
	build/release/bin/immudb_load --json build/bench/results.json $(BENCH_ARGS)

format:
	@tools/format.sh

# clang-tidy over every source; `make test` does the changed ones.
tidy: test
	tools/tidy.sh build/dev --all

clean:
	rm -rf build
