# make book    the book: environment, weights and photographs, execution, HTML        make serve   open it on 127.0.0.1
# make test    the checks: environment, ruff, mypy, pytest with doctests              make help    everything else
PYTHON ?= python3
PORT ?= 8000
VENV_PYTHON := .venv/bin/python
export PYTHONUNBUFFERED := 1

.PHONY: help environment book serve test test-slow test-browser lint notebooks assignments clean distclean

help:
	@echo "make book          build the book into _build/html (makes the environment first)"
	@echo "make serve         build it and serve it on http://127.0.0.1:$(PORT)"
	@echo "make test          ruff, mypy, and every quick test with the doctests"
	@echo "make test-slow     the tests that take longer or need the real weights"
	@echo "make test-browser  the built book in headless Chromium"
	@echo "make notebooks     write the pages of the assignments, and the .ipynb twin of every chapter"
	@echo "make assignments SEED=word [OUT=folder] [REF=tag]    what a class gets: notebooks, files for grading"
	@echo "make clean         remove what was built; make distclean removes .venv and vendor/ as well"
	@echo "Another Python: make PYTHON=python3.12 book      another port: make PORT=8001 serve"

environment:
	@$(PYTHON) scripts/environment.py

book: environment
	@$(VENV_PYTHON) -m scripts.book

serve: book
	@echo "The book is at http://127.0.0.1:$(PORT)/ until you press Ctrl-C"
	@$(VENV_PYTHON) -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

lint: environment
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m mypy

test: lint
	$(VENV_PYTHON) -m pytest

test-slow: environment
	$(VENV_PYTHON) -m pytest -m slow

test-browser: book
	$(VENV_PYTHON) -m pytest -m browser tests/browser tests/widgets

notebooks: environment
	@$(VENV_PYTHON) -m scripts.assignments --pages
	@$(VENV_PYTHON) -m scripts.notebooks

assignments: environment
	@test -n "$(SEED)" || { echo "Name the secret word of the class: make assignments SEED=word" >&2; exit 2; }
	@$(VENV_PYTHON) -m scripts.assignments --seed "$(SEED)" --out "$(or $(OUT),dist/assignments)" $(if $(REF),--ref "$(REF)")

clean:
	rm -rf _build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

distclean: clean
	rm -rf .venv vendor
