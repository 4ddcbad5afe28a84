# SPDX-License-Identifier: Apache-2.0
#
# The two commands of the README are `make demo` and `make test`; `make help` lists the rest.

SHELL := /bin/bash
JOBS ?= $(shell nproc)
MODELS := build/models
.DEFAULT_GOAL := help

.PHONY: help
help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: release models  ## several real networks under a proof, then the reason why a frame was late
	examples/demo/demo.sh build/release/app/aegisrt/aegisrt $(MODELS)

.PHONY: test
test: packages models  ## build and run all tests
	tools/configure.sh dev
	cmake --build --preset dev -j $(JOBS)
	ctest --preset dev -j $(JOBS)

.PHONY: slow
slow: packages models  ## what takes a minute each: 10,000 inferences on one arena, models that come and go, 10,000 proofs tried
	tools/configure.sh dev
	cmake --build --preset dev -j $(JOBS)
	ctest --preset dev -C Slow -R '^slow\.'

.PHONY: mutants
mutants: packages  ## one mistake at a time in src/theory: is it noticed? (MUTANT=part of a name)
	tools/configure.sh dev
	/usr/bin/python3 tests/mutation/mutation_test.py --build build/dev --jobs $(JOBS) --only "$(MUTANT)"

.PHONY: packages
packages:
	tools/bootstrap.sh build runtime models

.PHONY: release
release: packages  ## the optimised build, in build/release
	tools/configure.sh release
	cmake --build --preset release -j $(JOBS)

.PHONY: models
models: packages  ## the demo's ONNX models, in build/models
	/usr/bin/python3 models/generate.py --out $(MODELS)

.PHONY: lint
lint:  ## format, clang-tidy, cppcheck, headers alone, layer rule, documented symbols, shell
	tools/bootstrap.sh build runtime lint docs
	tools/lint.sh

.PHONY: docs
docs:  ## docs/API.md, from the comments of the public headers
	tools/bootstrap.sh docs
	/usr/bin/python3 tools/api_reference.py

.PHONY: asan tsan
asan tsan: packages  ## the tests under AddressSanitizer + UBSan, or ThreadSanitizer
	tools/configure.sh $@
	cmake --build --preset $@ -j $(JOBS)
	ctest --preset $@ -j $(JOBS)

.PHONY: fuzz
fuzz: packages  ## every reader under libFuzzer (FUZZ_SECONDS=60 each)
	tools/bootstrap.sh fuzz
	tools/configure.sh fuzz
	cmake --build --preset fuzz -j $(JOBS)
	FUZZ_SECONDS=$(or $(FUZZ_SECONDS),60) tests/fuzz/fuzz.sh build/fuzz

.PHONY: coverage
coverage: packages  ## line coverage, by layer
	tools/bootstrap.sh checks
	tools/coverage.sh

.PHONY: bench
bench: packages models  ## every figure of docs/BENCHMARKS.md, measured here
	tools/bootstrap.sh bench
	tools/configure.sh release
	cmake --build --preset release -j $(JOBS)
	benchmarks/run.sh build/release $(MODELS)

.PHONY: soak
soak: release models  ## long, seeded, resumable runs (SOAK_SECONDS=3600), models coming and going, proofs tried (THEORY_SECONDS=600)
	build/release/tests/soak/hot_change $(or $(HOT_CHANGE_SECONDS),600) $(or $(SEED),1) $(MODELS) || [ $$? -eq 77 ]
	build/release/tests/soak/theory_soundness $(or $(THEORY_SECONDS),600)s $(or $(SEED),1) --from $(or $(FROM),0)
	tests/soak/soak.sh build/release/app/aegisrt/aegisrt $(MODELS)

.PHONY: install
install: release  ## into PREFIX (default /usr/local)
	cmake --install build/release --prefix $(or $(PREFIX),/usr/local)

.PHONY: clean
clean:  ## remove build/
	rm -rf build
