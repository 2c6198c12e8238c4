# SPDX-License-Identifier: MIT
# The front door. Meson is the build (meson.build); this file remembers the commands, and installs what they need.
# BUILD=DIR another build folder - MESON_OPTIONS="..." for meson setup - CC=clang another compiler - SECONDS=N for fuzz.
BUILD ?= build
SECONDS ?= 30
MESON_OPTIONS ?=
RUN_TESTS = python3 scripts/run_tests.py
.DEFAULT_GOAL := all
.PHONY: help all demo test check asan tsan valgrind qemu aarch64 fuzz bench golden format lint docs dist install clean packages

help: ## this list
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  make \1@\2/p' Makefile | awk -F@ '{printf "%-16s %s\n", $$1, $$2}'

all: $(BUILD)/build.ninja ## build the library and the command: build/padwise
	@ninja -C $(BUILD) $(NINJA_FLAGS)
	@ln -sf tools/padwise/padwise $(BUILD)/padwise

demo: all ## build, then encode a prompt with the built-in model and show the result
	@sh scripts/demo.sh $(BUILD)

test: all ## every test; ends with "N passed, N failed, N skipped"
	@$(RUN_TESTS) $(BUILD)

check: test lint asan tsan ## what CI asks for: tests and style, lint, sanitizers

asan: ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) --no-print-directory test BUILD=$(BUILD)-asan \
	  MESON_OPTIONS="--buildtype=debugoptimized -Db_ndebug=false -Db_sanitize=address,undefined -Db_lundef=false"

tsan: ## the tests that use threads under ThreadSanitizer
	@$(MAKE) --no-print-directory all BUILD=$(BUILD)-tsan \
	  MESON_OPTIONS="--buildtype=debugoptimized -Db_ndebug=false -Db_sanitize=thread -Db_lundef=false"
	@$(RUN_TESTS) $(BUILD)-tsan --timeout-multiplier 5 \
	  t_base t_select t_bits t_clip_golden t_model_errors t_conditioning

valgrind: all ## unit tests under valgrind (levels up to avx2: it hides AVX-512)
	@$(RUN_TESTS) $(BUILD) --suite unit --wrapper "valgrind -q --error-exitcode=9 --leak-check=full" --timeout-multiplier 20

qemu: all ## dispatch on emulated old CPUs: no instruction leaks below its level, the same bits
	@sh scripts/qemu_dispatch.sh $(BUILD)

aarch64: ## unit tests and kernels on aarch64, level ref: a cross build under qemu-user
	@sh scripts/aarch64.sh $(BUILD)-aarch64 --suite unit --suite kernels

fuzz: ## every fuzz target for SECONDS=30 (clang)
	@CC=clang $(MAKE) --no-print-directory $(BUILD)-fuzz/build.ninja BUILD=$(BUILD)-fuzz \
	  MESON_OPTIONS="--buildtype=debugoptimized -Db_ndebug=false -Db_sanitize=address,undefined -Db_lundef=false -Dfuzz=true -Dtools=false"
	@sh scripts/fuzz_all.sh $(BUILD)-fuzz $(SECONDS)

bench: all ## kernels: cycles, GB/s, GFLOP/s and the ratio to ref
	@$(BUILD)/tests/kernels/checkkern --bench

golden: all ## make the golden tensors and cases again (needs python3 with PyTorch and transformers)
	@for script in scripts/golden/*.py; do python3 "$$script" "$(BUILD)/padwise" || exit 1; done

format: ## clang-format all C files in place
	@git ls-files -co --exclude-standard -z '*.c' '*.h' '*.inc' | grep -zv '_table\.[ch]$$' | xargs -0 clang-format -i

lint: | packages ## clang-tidy with zero tolerance (.clang-tidy), assertions on: they tell it what we know
	@test -f $(BUILD)-lint/build.ninja || meson setup $(BUILD)-lint --buildtype=debug >/dev/null
	@python3 scripts/lint.py $(BUILD)-lint

docs: all ## man pages (scdoc) into the build folder
	@ls $(BUILD)/docs/man

dist: $(BUILD)/build.ninja ## source archive in build/meson-dist
	@meson dist -C $(BUILD) --no-tests --allow-dirty

install: all ## install (PREFIX through MESON_OPTIONS=--prefix=..., DESTDIR)
	@meson install -C $(BUILD) --no-rebuild

clean: ## remove the build folders
	@rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-tsan $(BUILD)-fuzz $(BUILD)-lint

packages: ## install what a build and its tests need, or say how
	@sh scripts/install_packages.sh build

$(BUILD)/build.ninja: | packages
	@meson setup $(BUILD) $(MESON_OPTIONS)
