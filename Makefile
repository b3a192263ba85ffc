# make book   builds the book            make test   checks the code, runs the tests
# Both make their own environment in .venv first; all they need is Python 3.11, 3.12 or 3.13, git and make. With uv it
# is faster.

SUITABLE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c '$(SUITABLE)' 2>/dev/null && echo $$p && break; done)
REPOSITORY ?=
BIN := .venv/bin
PIP := $(if $(shell command -v uv),uv pip install --python $(BIN)/python,$(BIN)/python -m pip install)
INSTALLED := .venv/.installed

# Containers often set this: every kernel and every child of a test would compile all of the package anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: book check-book pdf test environment clean help

book: $(INSTALLED)
	@$(BIN)/python -m book.build $(if $(REPOSITORY),--repository $(REPOSITORY))

check-book: book
	@$(BIN)/python -m book.check

pdf: book
	@$(BIN)/python -m book.pdf

test: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal

environment: $(INSTALLED)

$(INSTALLED): constraints.txt pyproject.toml
	@$(or $(PYTHON),false) -c '$(SUITABLE)' || { echo 'make: needs Python 3.11, 3.12 or 3.13; name one with PYTHON='; exit 1; }
	@echo 'making the environment .venv: several GB to download the first time'
	$(PYTHON) -m venv .venv
	$(PIP) --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv _build

help:
	@echo 'make book          build the book into _build/html (REPOSITORY=URL: its address, if it has one)'
	@echo 'make check-book    open every page of it in Chromium: errors, links, widths, contrast, keyboard'
	@echo 'make pdf           all of it as one file, _build/book.pdf, through Chromium'
	@echo 'make test          ruff and the tests'
	@echo 'make environment   only the environment that the two need, in .venv (PYTHON=python3.12: which Python)'
	@echo 'make clean         remove .venv and _build'
