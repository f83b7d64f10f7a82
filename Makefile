# Two commands on a fresh machine: `make demo` and `make test`. Each makes .venv itself.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(PYTHON) -P course_utils/install.py .venv

.DEFAULT_GOAL := help
.PHONY: help demo test soak book serve release freeze kit lint format clean

help:  ## say what each target does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/demo  ## grade a sample class, build the book, say where everything is
	@$(BIN)/course demo

test: .venv/all  ## run every check and test
	@$(MAKE) --no-print-directory --jobs=2 lint book
	COURSE_BOOK_HTML=_build/html OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
	$(BIN)/pytest --numprocesses=auto --dist=loadgroup --no-loadscope-reorder

soak: .venv/all  ## grade a thousand submissions, faults included, and check every score
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.grading.soak 1000

book: .venv/demo  ## build the book
	@$(BIN)/course book

serve: .venv/demo  ## build the book and serve it on this machine
	@$(BIN)/course book --serve

release: .venv/demo  ## make exercises/ from solutions/
	@$(BIN)/course release

freeze: .venv/demo  ## write the frozen cases that ship with check()
	@$(BIN)/course freeze

kit: .venv/demo  ## make the zip that students get
	@$(BIN)/course kit

lint: .venv/all  ## check style, types, floors and stripped notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	nice $(BIN)/mypy  # after the book, if that is built beside it
	$(BIN)/lint-imports
	$(BIN)/nbstripout --verify --keep-id $$(git ls-files '*.ipynb')

format: .venv/all  ## put the code in the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove what was built, but not .venv
	rm -rf _build _demo

.venv/demo: pyproject.toml constraints.txt
	@$(INSTALL) '.[grading,book]'
	@touch $@

.venv/all: pyproject.toml constraints.txt
	@$(INSTALL) '.[all]'
	@touch $@ .venv/demo
