# Everything that a fresh machine needs is made here: a virtual environment with locked versions, then the target.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo test test-properties test-s3 test-judges test-trainers check fix bench-build bench-dedupe bench-redact bench-ingest bench-curate bench-hostile bench-fuzz docs lock clean
.DEFAULT_GOAL := help

help:  ## Lists the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "tuneset needs Python 3.11 or newer: set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11: set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt --constraint constraints.txt --editable .
	@touch $@

demo: $(STAMP)  ## Makes production-like logs and turns them into a release
	@$(BIN)/python examples/support/demo.py

test: $(STAMP)  ## Runs all tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-properties: $(STAMP)  ## The property tests with examples drawn anew, and more of them; not a part of CI
	HYPOTHESIS_PROFILE=full $(BIN)/python -m pytest -n 2 --dist loadgroup -m hypothesis

test-s3:  ## Tests object storage against a real S3 server on this machine, in an environment of its own
	$(PYTHON) -m venv $(VENV)-s3
	$(VENV)-s3/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt --requirement requirements-s3.txt --editable .
	$(VENV)-s3/bin/python -m pytest tests/connectors/test_remote.py

test-ner:  ## Tests names by the model (skipped elsewhere), in an environment with the ner extra
	$(PYTHON) -m venv $(VENV)-curate
	$(VENV)-curate/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt --constraint constraints.txt --editable '.[ner,lang]'
	$(VENV)-curate/bin/python -m pytest tests/stages/redact/test_ner.py tests/real/test_names_real.py

test-judges: $(STAMP)  ## Those of the outside judges that pip installs in seconds; a part of CI
	TUNESET_TRAINERS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup tests/trainers/test_judges.py -k "mistral or datasets"

test-trainers: $(STAMP)  ## All outside judges: real servers and loaders, each in an environment of its own
	TUNESET_TRAINERS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup tests/trainers

check: $(STAMP)  ## Lints, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

fix: $(STAMP)  ## Formats and mends what can be mended mechanically
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench-curate:  ## What curation finds and wrongly finds, beside peers; TOPICS="pii dupes" for some
	$(PYTHON) -m venv $(VENV)-curate
	$(VENV)-curate/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt --constraint constraints.txt --editable '.[ner,lang]'
	$(VENV)-curate/bin/python benchmarks/curate.py $(TOPICS)

docs: $(STAMP)  ## Regenerates the reference pages
	$(BIN)/python scripts/spec_reference.py
	$(BIN)/python scripts/measured.py

bench-build: $(STAMP)  ## Speed and memory of a build at 100k and 1M examples, beside peers
	$(BIN)/python benchmarks/build.py

bench-dedupe: $(STAMP)  ## Near and semantic duplicates beside rensa and SemHash
	$(BIN)/python benchmarks/dedupe.py

bench-redact: $(STAMP)  ## Redaction beside datafog-core
	$(BIN)/python benchmarks/redact.py

bench-ingest: $(STAMP)  ## Parsing beside orjson alone
	$(BIN)/python benchmarks/ingest.py

bench-hostile: $(STAMP)  ## 10,000 damaged records of every format and container
	$(BIN)/python benchmarks/hostile.py

bench-fuzz: $(STAMP)  ## Coverage-guided fuzzing of the readers of bytes
	$(BIN)/python benchmarks/fuzz.py

lock: $(STAMP)  ## Writes the installed versions to constraints.txt
	$(BIN)/python -m pip freeze --exclude-editable | grep -v '^tuneset' > constraints.txt

clean:  ## Removes what the other targets made
	rm -rf $(VENV) $(VENV)-s3 $(VENV)-curate build dist .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
