# make setup | run | test | check | clean; the build-* targets are what `sam build` calls.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
TOOLS := .tools

.PHONY: setup run test check clean
.DEFAULT_GOAL := setup

setup: .venv/.installed $(TOOLS)/sam/.installed $(TOOLS)/ministack/.installed

$(UV): infra/tools/uv.lock
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed; set PYTHON=/path/to/python3")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/.installed: requirements.lock pyproject.toml $(UV)
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

$(TOOLS)/%/.installed: infra/tools/%.lock $(UV)
	@test -x $(TOOLS)/$*/bin/python || $(UV) venv --quiet --python $(BIN)/python $(TOOLS)/$*
	@$(UV) pip install --quiet --python $(TOOLS)/$*/bin/python --require-hashes -r $<
	@touch $@

run: setup
	@$(BIN)/vectora run demo --output out/

test: setup
	@$(BIN)/pytest -n auto --dist worksteal

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-west-3 $(TOOLS)/sam/bin/sam validate --lint

clean:
	@if [ -x $(BIN)/vectora ]; then $(BIN)/vectora local down; fi
	@rm -rf .aws-sam .vectora .tools .venv build dist out *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# Packages. `sam build` sets ARTIFACTS_DIR. By default for Lambda (arm64, Python 3.13); VECTORA_BUILD_ARCH=host builds for
# this machine's own Python. No C compiler is ever needed: wheels only.
BUILD_ARCH := $(or $(VECTORA_BUILD_ARCH),arm64)
BUILD_PYTHON := $(or $(VECTORA_BUILD_PYTHON),3.13)
# Lambda's Python 3.12 and later run on Amazon Linux 2023, whose C library is glibc 2.34.
platform_arm64 := aarch64-manylinux_2_34
platform_x86_64 := x86_64-manylinux_2_34
TARGET_FLAGS := $(if $(filter host,$(BUILD_ARCH)),--python $(BIN)/python,--python-platform $(platform_$(BUILD_ARCH)) --python-version $(BUILD_PYTHON))

define package
	@test -n "$(platform_$(BUILD_ARCH))" -o "$(BUILD_ARCH)" = host || { echo "VECTORA_BUILD_ARCH is arm64, x86_64 or host, not $(BUILD_ARCH)" >&2; exit 2; }
	@$(UV) pip install --quiet --group $(1) --constraints requirements.lock --target "$(ARTIFACTS_DIR)" --only-binary :all: $(TARGET_FLAGS)
	@find "$(ARTIFACTS_DIR)" -depth -type d \( -name tests -o -name test -o -name __pycache__ -o -name bin -o -name sboms \) -exec rm -rf {} +
	@find "$(ARTIFACTS_DIR)" -type f \( -name RECORD -o -name INSTALLER -o -name WHEEL -o -name REQUESTED -o -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name .lock -o -name '*_avx2.*' -o -name 'swagger-ui*' \) -delete
	@mkdir -p "$(ARTIFACTS_DIR)/services"
	@cp services/__init__.py "$(ARTIFACTS_DIR)/services/"
	@cp -R services/$(1) "$(ARTIFACTS_DIR)/services/$(1)"
	@cp -R shared "$(ARTIFACTS_DIR)/shared"
	@find "$(ARTIFACTS_DIR)/services" "$(ARTIFACTS_DIR)/shared" -depth -type d -name __pycache__ -exec rm -rf {} +
	@$(BIN)/python -m cli.build_record "$(ARTIFACTS_DIR)" $(1)
endef

# What trafilatura's libraries bring for work that ingest never asks of them: locales to guess languages by, word lists,
# and a date parser with its own time zones (dates are services/ingest/dates.py).
INGEST_UNUSED := babel/locale-data babel/global.dat pytz pytz-*.dist-info dateparser dateparser_data dateparser-*.dist-info \
  regex regex-*.dist-info tzlocal tzlocal-*.dist-info justext/stoplists
build-IngestFunction: $(UV)
	$(call package,ingest)
	@cd "$(ARTIFACTS_DIR)" && rm -rf $(INGEST_UNUSED)
build-NormalizeFunction build-SweeperFunction: $(UV)
	$(call package,normalize)
build-EngineFunction: $(UV)
	$(call package,engine)
build-PublisherFunction build-LinksFunction: $(UV)
	$(call package,publisher)
