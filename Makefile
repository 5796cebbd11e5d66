# make run    the default scenario, ends with the path of a report
# make test   the tests             make check  lint, types, direction of imports, tests
# make demo   the live page         make test-long  everything, half an hour of the page included
# make bench  speed and memory      make clean  away with the environment
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= 2

.PHONY: run demo test test-long effects stories check bench clean

$(VENV)/installed: pyproject.toml
	@test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	@echo "installing (a minute or two, only once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/tested: $(VENV)/installed
	@echo "installing the test extras ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

$(VENV)/developed: $(VENV)/tested
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

run: $(VENV)/installed
	@$(BIN)/emergence run scenario=florence
	@$(BIN)/emergence run

demo: $(VENV)/installed
	@$(BIN)/emergence demo

test: $(VENV)/tested
	$(BIN)/python -m pytest -n $(JOBS) -m "not long"

# Everything, and once more with kernels that check every index.
test-long: $(VENV)/tested
	$(BIN)/python -m pytest -n $(JOBS)
	NUMBA_BOUNDSCHECK=1 EMERGENCE_CACHE=$(VENV)/cache-bounds $(BIN)/python -m pytest -n $(JOBS) -m "not long"

# Every effect that the tests measure, with its interval: docs/effects.md.
effects: $(VENV)/tested
	rm -f results/effects.csv
	EMERGENCE_EFFECTS=results/effects.csv $(BIN)/python -m pytest -n $(JOBS) \
		$$(grep -l "import.*\binterval\b" tests/test_*.py | grep -v stories)
	$(BIN)/python docs/make.py

# What every scenario shows, over 30 paired seeds: docs/stories.md.
stories: $(VENV)/tested
	rm -f results/stories.csv
	EMERGENCE_EFFECTS=results/stories.csv $(BIN)/python -m pytest -n $(JOBS) -m long tests/test_stories.py
	$(BIN)/python docs/make_stories.py

check: $(VENV)/developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n $(JOBS) -m "not long"

bench: $(VENV)/tested
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) dist build
