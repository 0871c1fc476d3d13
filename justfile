# What a developer does, one recipe each. `uv tool install rust-just` or `uv run --group dev just`.

set shell := ["bash", "-euo", "pipefail", "-c"]

# The recipes.
default:
    @just --list

# The training town through the whole loop, then the site.
demo *options:
    uv run eutopia demo {{options}}

# Everything that must be green.
check: lint types contracts test

# Style and mistakes.
lint:
    uv run --group dev ruff format --check .
    uv run --group dev ruff check .

# Types: strict in the core.
types:
    uv run --group dev mypy

# The five rules of the house.
contracts:
    uv run --group dev lint-imports

# The suite.
test *options:
    uv run --group dev pytest {{options}}

# The core in an environment without Django, as a scientist would use it.
test-core:
    uv venv --quiet --clear .venv-core
    uv pip install --quiet --python .venv-core --require-hashes -r requirements-core.lock
    PYTHONPATH=src .venv-core/bin/python -m pytest -q -p no:cacheprovider tests/core src/eutopia/core

# Side-by-side benchmarks with their named peers: minutes.
bench *names:
    uv run --group bench python -m bench {{names}}

# Pin every dependency with its hashes; no registry is recorded.
lock:
    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements.lock
    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header -c requirements.lock --group pyproject.toml:core-test -o requirements-core.lock
    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header -c requirements.lock pyproject.toml --group pyproject.toml:bench -o requirements-dev.lock
    uv run --no-project python -m tools.pins

# Pages made from what they speak of.
docs:
    uv run --group dev python -m tools.glossary
    uv run --group dev python -m tools.cli_reference
    uv run --group dev python -m tools.method_index
