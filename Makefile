# Two commands do all the set-up: `make demo` and `make test`. See README.md.
PYTHON ?= python3
BIN := .venv/bin
# Tests run in so many processes: two for each of CI's cores, since half of the time the end-to-end tests wait.
JOBS ?= 4
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test venv lint format bench soak teeth fuzz lock clean

demo: venv
	@$(BIN)/scan-terminal demo

test: venv
	@.ci/install-cups || true
	@$(BIN)/python -m compileall -q terminal server_stub
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

# Seeds defects, one at a time, and sees that the suite catches each. A quarter of an hour.
teeth: venv
	@$(BIN)/python -m tests.teeth $(TEETH)

# The long runs: power cuts, kills, I/O errors, clones, the simulated network. Hours; the report is in build/soak/.
soak: venv
	@$(BIN)/python -m tests.faults.soak $(SOAK)

lint: venv
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: venv
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: venv
	@$(BIN)/python -m tests.bench

# By hand: needs atheris, see tests/hostile/fuzz.py.
fuzz: venv
	@$(BIN)/python -m tests.hostile.fuzz $(or $(SECONDS),180)

venv: .venv/ready

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || .ci/install-venv
	@$(PYTHON) -m venv .venv
	@echo "Installing the locked packages (about a minute) …"
	@$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q terminal server_stub
	@touch $@

# Writes the exact versions anew; needs `pip install uv`.
lock:
	uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11 \
	  --extra server --extra kiosk --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache
