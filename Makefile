# `make demo` and `make test` install what they need.
PORT ?= 8080
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check unit runtime bench faults spreadsheets scanner s3 coverage outdated
.PHONY: requirements format clean

demo: .venv/demo.stamp
	$(BIN)/python -m bot demo --port $(PORT)

# The gate: format, lint, import contracts and cycles, types, all tests on both databases, a short
# bench, and the bot with the packages of an installation.
test: check unit runtime
	$(BIN)/python -m tests.bench --short

check: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/python -m tests.import_cycles
	$(BIN)/mypy
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml bot storage

unit: .venv/dev.stamp
	sh tests/install-browser
	$(BIN)/pytest -n 2 --dist loadfile

# Run the bot with the packages of an installation, which no other package holds back.
runtime: .venv/dev.stamp .venv/runtime.stamp
	$(BIN)/python -m tests.runtime_pins $(CURDIR)/.venv/runtime/bin/python

# The slow campaigns. The gate runs a short form of each.
faults: .venv/dev.stamp
	$(BIN)/python -m tests.kills

bench: .venv/dev.stamp
	$(BIN)/python -m tests.bench

# Learn the suggestions of kind, topics and danger from the labelled texts, and from CORRECTIONS.
model: .venv/dev.stamp
	$(BIN)/python -m bot.classification.training $(CORRECTIONS)

# Open exports of hostile texts in LibreOffice (Debian: libreoffice-calc) and count the formulas.
spreadsheets: .venv/dev.stamp
	$(BIN)/python -m tests.open_exports

# Ask the real daemon of ClamAV (Debian: clamav-daemon) about the test file of EICAR.
scanner: .venv/dev.stamp
	$(BIN)/python -m tests.try_clamd

# Print the pins that have a newer version. Needs `uv`. There is no look-up of vulnerabilities: the
# gate also runs where their data cannot be had.
outdated: .venv/dev.stamp
	$(BIN)/python -m tests.outdated

# Store files in a bucket of moto's server. It installs s3fs and moto into a folder of its own.
s3:
	test -d .venv/s3 || $(PYTHON) -m venv .venv/s3
	.venv/s3/bin/pip install --quiet --disable-pip-version-check ".[s3]" "moto[server]"
	PYTHONPATH=. .venv/s3/bin/python -m tests.try_s3

# Show the lines and branches that no test reaches.
coverage: .venv/dev.stamp
	$(BIN)/coverage run -m pytest -q
	$(BIN)/coverage report --skip-covered --show-missing

format: .venv/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv/demo.stamp: requirements/demo.txt pyproject.toml
	test -d .venv || $(PYTHON) -m venv .venv
	test -f .venv/dev.stamp || $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/demo.txt
	touch $@

.venv/dev.stamp: requirements/dev.txt pyproject.toml
	test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

.venv/runtime.stamp: requirements/runtime.txt .venv/dev.stamp
	test -d .venv/runtime || $(PYTHON) -m venv .venv/runtime
	.venv/runtime/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	touch $@

# Pin every dependency with its hashes, without the address of an index. Needs `uv`.
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make requirements" pyproject.toml
requirements:
	$(COMPILE) --extra simulator --extra dev -o requirements/dev.txt
	$(COMPILE) --extra simulator -c requirements/dev.txt -o requirements/demo.txt
	$(COMPILE) -o requirements/runtime.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
