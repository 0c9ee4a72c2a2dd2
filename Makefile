# What there is to do; `make` alone tells. CARGO_TARGET_DIR and VENV say where things are built, if not here.

TARGET := $(or $(CARGO_TARGET_DIR),target)
VENV ?= .local/venv
PYTHON ?= python3
# Always the same packages with the same flags: another choice has other features, and builds everything again.
LOCKED := --workspace --locked
# What is measured is built as `sam build` does: by itself, so that no test's features leak in.
FUNCTIONS := $(notdir $(patsubst %/,%,$(wildcard functions/*/)))
# What Lambda is to run on. arm64 where this machine can build for it, as the template proposes; else what this machine is.
ARCH ?= $(if $(wildcard $(shell rustc --print sysroot)/lib/rustlib/aarch64-unknown-linux-gnu/lib),arm64,x86_64)
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$(or $(AWS_DEFAULT_REGION),us-east-1) PATH="$(abspath $(VENV))/bin:$$PATH" sam

.DEFAULT_GOAL := help
.PHONY: help demo local test crash faults lint format clippy template templates openapi openapi-check emulated build bench

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: ## every method in every partition, on a cloud that lives in one process
	@cargo build $(LOCKED) --bins
	@$(TARGET)/debug/demo

local: ## the API and the local cloud, left running
	@cargo build $(LOCKED) --bins
	@$(TARGET)/debug/local

test: lint ## formatting, lints, the template, every test
	@# The tests start the functions' binaries. All targets: what tests add to features would else build everything twice.
	@cargo build $(LOCKED) --all-targets
	@cargo test $(LOCKED)
	@$(VENV)/bin/python tests/tools/emulated.py $(TARGET)/debug

crash: ## every flow of every function, ended at each call that it makes and run again: a table
	@cargo build $(LOCKED) --all-targets
	@cargo test $(LOCKED) --quiet --test matrix -- crash:: --nocapture --test-threads=1 --quiet

faults: ## every flow of every function, each of its calls going wrong in every way: a table, in half an hour
	@cargo build $(LOCKED) --all-targets
	@GANGWAY_WHOLE_MATRIX=1 cargo test $(LOCKED) --quiet --test matrix -- faults:: --nocapture --test-threads=1 --quiet

lint: format clippy openapi-check template ## what can be told without running anything

openapi: ## openapi.json, from the types that describe the API
	@cargo run --quiet --locked --bin openapi

openapi-check:
	@cargo run --quiet --locked --bin openapi -- --check

format:
	@cargo fmt --all --check

clippy:
	@cargo clippy $(LOCKED) --all-targets -- -D warnings

emulated: $(VENV)/checks ## every sample event, under AWS's own runtime emulator
	@cargo build $(LOCKED) --all-targets
	@$(VENV)/bin/python tests/tools/emulated.py $(TARGET)/debug -v

templates: $(VENV)/checks ## SAM for each partition by itself, written from template.yaml and checked
	@$(VENV)/bin/python tests/tools/templates.py
	@$(MAKE) --no-print-directory template

template: $(VENV)/checks
	@$(VENV)/bin/python tests/tools/templates.py --check
	@for template in template.yaml templates/aws-*.yaml; do $(SAM) validate --lint --template-file $$template || exit 1; done
	@$(VENV)/bin/cfn-lint --regions us-east-1 us-gov-west-1 -- template.yaml templates/inspection-role.yaml
	@$(VENV)/bin/cfn-lint --regions us-gov-west-1 us-gov-east-1 -- templates/aws-us-gov.yaml
	@$(VENV)/bin/cfn-lint --regions us-isob-east-1 -- templates/aws-iso-b.yaml
	@$(VENV)/bin/cfn-lint --regions us-iso-east-1 us-iso-west-1 -- templates/aws-iso.yaml
	@$(VENV)/bin/python tests/tools/check_template.py
	@$(VENV)/bin/python tests/tools/check_catalogue.py

build: $(VENV)/checks $(VENV)/build ## sam build; ARCH=arm64 or x86_64
	@$(SAM) build --template-file template.yaml --parameter-overrides Architecture=$(ARCH)
	@# What is deployed must be what was built: the built template proposes the same architecture.
	@sed -i.bak 's/^\( *Default:\) arm64$$/\1 $(ARCH)/' .aws-sam/build/template.yaml && rm .aws-sam/build/template.yaml.bak
	@echo "Built for $(ARCH)."

bench: ## against a bare lambda_runtime function of the same profile
	@cargo build --locked --release --bins $(addprefix --package ,$(FUNCTIONS) hello)
	@cargo build --locked --profile harness --bins --package bench
	@GANGWAY_BINARIES=$(TARGET)/release $(TARGET)/harness/bench

$(VENV)/checks: tests/tools/requirements.txt
$(VENV)/build: tests/tools/requirements-build.txt
$(VENV)/checks $(VENV)/build:
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@
