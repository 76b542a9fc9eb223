# SPDX-License-Identifier: MIT
# The front door; meson.build is the build description. Without a target: build.
BUILD ?= build
SUITES = --suite unit --suite script --suite sim --suite interop --suite cli

.PHONY: all run test soak bench fuzz check install clean
all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	sh scripts/deps.sh build
	meson setup $(BUILD)

# The main job: the labs in virtual time, then a host beside the kernel where that is allowed.
run:
	sh scripts/deps.sh build run
	$(MAKE) --no-print-directory all
	BUILD=$(BUILD) sh scripts/run.sh

# What a change has to pass; at most 10 minutes.
test:
	sh scripts/deps.sh build test
	$(MAKE) --no-print-directory all
	python3 scripts/conformance.py --check --build $(BUILD)
	sh scripts/test.sh $(BUILD) test $(SUITES)

# Large counts: seeds, mutants and long runs, for as long as they take.
soak:
	sh scripts/deps.sh build test
	$(MAKE) --no-print-directory all
	sh scripts/test.sh $(BUILD) soak --timeout-multiplier 0 --suite swarm --suite soak

bench:
	sh scripts/deps.sh build bench
	$(MAKE) --no-print-directory all
	BUILD=$(BUILD) sh bench/run.sh

fuzz:
	sh scripts/deps.sh build fuzz
	BUILD=build-fuzz sh fuzz/run.sh

# House style, and whether the conformance tables say what the tests say; the archive's symbols are checked on a build.
check:
	sh scripts/deps.sh build check
	$(MAKE) --no-print-directory all
	sh scripts/format.sh --check
	python3 scripts/check.py
	python3 scripts/conformance.py --check --build $(BUILD)
	sh scripts/check_headers.sh
	sh scripts/check_symbols.sh $(BUILD)/src/libweft.a $(BUILD)/src/libweft.so

install: all
	meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) build-fuzz out
