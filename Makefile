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
# In the secret partitions arm64 may not be offered: what is carried there is for x86_64, unless ARCH says otherwise.
PACKAGED := $(if $(filter file%aws-iso file%aws-iso-b,$(origin ARCH)%$(PARTITION)),x86_64,$(ARCH))
SAM_LOCAL := .local/sam
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$(or $(AWS_DEFAULT_REGION),us-east-1) PATH="$(abspath $(VENV))/bin:$$PATH" sam

.DEFAULT_GOAL := help
.PHONY: help demo local sam-ready sam-local sam-image test lint format clippy template templates openapi openapi-check emulated build package bench

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

demo: ## every method in every partition, on a cloud that lives in one process
	@cargo build $(LOCKED) --bins
	@$(TARGET)/debug/demo

local: ## the API and the local cloud, left running; PARTITION=aws-us-gov, aws-iso-b or aws-iso for another than aws
	@cargo build $(LOCKED) --bins
	@# Where Docker runs, containers reach it, too: `make sam-ready` and `sam local` in another terminal.
	@host=$$($(PYTHON) tests/tools/containers.py); \
	exec $(TARGET)/debug/local --partition $(or $(PARTITION),aws) --host $${host:-127.0.0.1} --env-file $(SAM_LOCAL)/environment.json

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
	@cargo test $(LOCKED)
	@$(VENV)/bin/python tests/tools/emulated.py $(TARGET)/debug
	@$(VENV)/bin/python tests/tools/check_package.py $(TARGET)/debug

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

package: $(VENV)/checks $(VENV)/build ## an archive to carry into PARTITION: functions, templates, checksums, licences, instructions; ARCH
	@test -n "$(PARTITION)" || { echo "say PARTITION=aws, aws-us-gov, aws-iso-b or aws-iso" >&2; exit 2; }
	@# For Amazon Linux whatever this machine is, by itself as `sam build` does.
	@PATH="$(abspath $(VENV))/bin:$$PATH" cargo lambda build --locked --release --$(subst _,-,$(PACKAGED)) --lambda-dir $(TARGET)/packaged/$(PACKAGED) \
	  $(addprefix --package ,$(FUNCTIONS))
	@$(VENV)/bin/python tests/tools/package.py $(TARGET)/packaged/$(PACKAGED) --partition $(PARTITION) --architecture $(PACKAGED) --output $(TARGET)/package

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
