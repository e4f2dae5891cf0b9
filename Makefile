# Sambung from a fresh checkout. Every target makes its own Python environment first.

SHELL := /bin/bash
VENV ?= .venv
PY := $(VENV)/bin/python
SPEECH ?= ../shared/speech-id
QUERIES ?= ../shared/queries/public-service-queries.txt
MODEL ?= models/id-telephony
AT_ONCE ?= 60
MADE := $(VENV)/.made
RUN_READY := $(VENV)/.ready
DEV_READY := $(VENV)/.ready-dev
COMPARE_READY := $(VENV)/.ready-compare

.PHONY: help up down demo test lint bench bench-speech bench-compare bench-streams bench-calls

help:
	@echo "make up     set up what is missing, start Sambung"
	@echo "make down   stop it"
	@echo "make demo   a scripted citizen calls, an agent answers, the record is shown; a Sambung that did not run is stopped again"
	@echo "make test   unit tests, then calls on a real Asterisk"
	@echo "make lint   style, types, import layers"
	@echo "make bench  what a call costs, beside plain Asterisk and AGI scripts"
	@echo "make bench-speech  how well and how quickly people are understood: measured anew, for the model card"
	@echo "                   (SPEECH=their recordings, QUERIES=sentences)"
	@echo "make bench-compare  the same beside Whisper base, some minutes; make bench-speech does it, too (downloads 150 MB once)"
	@echo "make bench-streams  how many callers one speech server on one core hears in real time"
	@echo "make bench-calls  many people speak at once: who is understood, how quickly (SPEECH=their recordings, AT_ONCE=60)"

up: $(RUN_READY)
	@$(VENV)/bin/sambung up

down: $(RUN_READY)
	@$(VENV)/bin/sambung down

demo: $(DEV_READY)
	@$(VENV)/bin/sambung setup --test-programs
	@$(PY) -m tests.e2e.demo

test: $(DEV_READY)
	$(PY) -m pytest -m "not e2e"
	$(VENV)/bin/sambung setup --test-programs
	@# Telephones keep real time; on a busy machine one may miss it. A second try is reported as RERUN, with what failed: look at it.
	$(PY) -m pytest -m e2e --reruns 1 --rerun-show-tracebacks

lint: $(DEV_READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(DEV_READY)
	@$(VENV)/bin/sambung setup --test-programs
	$(PY) -m benchmarks.calls

bench-speech: $(DEV_READY)
	$(PY) -m training evaluate --speech $(SPEECH) --out $(MODEL) --work build/bench-speech
	$(PY) -m benchmarks.understanding --queries $(QUERIES) --out $(MODEL)
	@# What takes too long or is wrong stands in the table: it does not keep the rest from being told.
	-$(PY) -m benchmarks.streams --speech $(SPEECH) --streams 150 --out $(MODEL)
	$(PY) -m training results --out $(MODEL) --work build/bench-speech
	@# Where Whisper's weights cannot be had, the card keeps what was measured before.
	-$(MAKE) bench-compare
	$(PY) -m training card --out $(MODEL)

bench-compare: $(COMPARE_READY)
	$(PY) -m benchmarks.compare --speech $(SPEECH) --out $(MODEL)

bench-streams: $(DEV_READY)
	$(PY) -m benchmarks.streams

bench-calls: $(DEV_READY)
	@$(VENV)/bin/sambung setup --test-programs
	$(PY) -m benchmarks.speech --speech $(SPEECH) --at-once $(AT_ONCE)

# --- the Python environment: made anew only when pyproject.toml changed ------------------------------
# The stamp says that venv came to its end: where that was cut off, the next run begins anew. An environment with
# packages in it was whole before there was a stamp.
$(MADE):
	@if [ -e $(RUN_READY) ]; then touch $@; exit; fi; \
	for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	    if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	    then break; fi; python=; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "Perlu Python 3.11, 3.12, atau 3.13 / Python 3.11, 3.12 or 3.13 is needed. root: apt-get install python3 python3-venv" >&2; exit 1; \
	fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "Tidak ada venv / Python's venv is missing. root: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	echo "Python: $$($$python --version) → $(VENV)"; \
	$$python -m venv --clear $(VENV) && touch $@

$(RUN_READY): pyproject.toml | $(MADE)
	@echo "Paket Python untuk Sambung, beberapa menit / Python packages for Sambung, some minutes …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(DEV_READY): pyproject.toml | $(MADE)
	@echo "Paket Python untuk uji dan demo / Python packages for tests and demo …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(RUN_READY) $@

$(COMPARE_READY): pyproject.toml | $(MADE)
	@echo "Paket Python untuk perbandingan dengan Whisper / Python packages for the comparison with Whisper …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[dev,compare]'
	@touch $(RUN_READY) $(DEV_READY) $@
