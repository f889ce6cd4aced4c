# The verbs are the same everywhere: people, pre-commit and CI call these.
PYTHON ?= python3
BIN    := .venv/bin
ARGS   ?=
# A process starts in a second when Python may keep what it compiled, and in five when it may not.
export PYTHONDONTWRITEBYTECODE =

help:    ## what can be made
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

demo: .venv/.demo    ## real records in, a served site out (ARGS=--no-serve ends without serving)
	$(BIN)/openhalo demo $(ARGS)

test: .venv/.dev     ## all that a change needs, in minutes
	$(BIN)/python -m pytest $(ARGS)

ci: .venv/.dev       ## what a change can wait for: every page under every rule, many examples of what a few show
	$(BIN)/python -m pytest -m ci $(ARGS)
	OPENHALO_EXAMPLES=60 $(BIN)/python -m pytest tests/measures/test_oracle.py tests/engines/test_conditions_mean_the_same.py

# The plugin of random order imports NumPy before tests/conftest.py could keep its linear algebra to one thread.
anyorder: .venv/.dev ## all tests but campaigns in a random order (ARGS=--randomly-seed=1234 repeats one)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -v -m "not soak" -p randomly $(ARGS)

soak: .venv/.dev     ## long campaigns: 500 kills, 10 M rows, hundreds of random measures and conditions
	$(BIN)/python -m pytest -m soak -n 0 --durations=0 $(ARGS)
	OPENHALO_EXAMPLES=100 $(BIN)/python -m pytest tests/measures/test_oracle.py

check: .venv/.dev    ## format, lint, types, import rule
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports --no-cache

bench: .venv/.dev    ## ratios against named rivals, in one table
	$(BIN)/python -m bench $(ARGS)

fresh: docs messages frozen  ## write anew what is made from code and catalogue: reference, message files, frozen record types

docs: .venv/.dev     ## of these, the reference
	$(BIN)/python docs/build_reference.py

messages: .venv/.dev ## of these, the message files of every language (ARGS=fr adds one)
	$(BIN)/python docs/build_messages.py $(ARGS)

frozen: .venv/.dev   ## of these, what record types mean to those who hold records; refuses a changed meaning
	$(BIN)/python -m tests.catalogue.test_record_types_evolve_by_addition

assets:              ## remake the styles and fonts of public pages (needs Node), after a page uses another usa- class
	cd deploy/assets && npm ci --no-audit --no-fund && node build.mjs

lock:                ## pin every dependency by hash
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 --all-extras --group dev pyproject.toml -o requirements-dev.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 --extra demo pyproject.toml -c requirements-dev.lock --group pyproject.toml:setup -o requirements.lock
	grep -E '^uv==' requirements-dev.lock >/dev/null && printf 'uv==0.13.9\n' | uv pip compile -q --universal --generate-hashes --no-emit-index-url - -o requirements-setup.lock

.venv/.dev: deploy/setup requirements-dev.lock pyproject.toml
	@PYTHON=$(PYTHON) deploy/setup requirements-dev.lock && touch $@

.venv/.demo: deploy/setup requirements.lock pyproject.toml
	@test -e .venv/.dev && test .venv/.dev -nt pyproject.toml || PYTHON=$(PYTHON) deploy/setup requirements.lock
	@touch $@

.PHONY: help demo test ci anyorder soak check bench fresh docs messages frozen assets lock
