# make book   builds the book            make test   checks the code, runs the tests
# Both make their own environment in .venv first; all they need is Python 3.11 or 3.12, git and make.

PYTHON ?= python3
REPOSITORY ?=
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: book test environment clean help

book: $(INSTALLED)
	@$(BIN)/python -m book.build $(if $(REPOSITORY),--repository $(REPOSITORY))

test: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/python -m pytest

environment: $(INSTALLED)

$(INSTALLED): constraints.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv _build

help:
	@echo 'make book          build the book into _build/html (REPOSITORY=URL: where its buttons lead)'
	@echo 'make test          ruff and the tests'
	@echo 'make environment   only the environment that the two need, in .venv (PYTHON=python3.12: which Python)'
	@echo 'make clean         remove .venv and _build'
