#!/usr/bin/env bash
# Sets up everything on a fresh machine and runs all checks. Arguments go to pytest:
#   tests/run.sh                 all checks, and the comparison with everything that NEST computed: build/validation
#   tests/run.sh -k recording    some of the tests
# All cores work, two at most.
# PYTHON names the Python to use (3.11 or later). JAXNEST_NEST_PYTHON names a Python that has NEST;
# without it, one is set up in .venv-nest, and where that fails the live comparisons are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

source examples/environment.sh
make_environment .venv-tests '.[dev]'

if [ -z "${JAXNEST_NEST_PYTHON:-}" ]; then
    if make_environment .venv-nest 'nest-simulator==3.10.0'; then
        JAXNEST_NEST_PYTHON="$PWD/.venv-nest/bin/python"
    else
        echo "NEST could not be installed here: tests that compare with a live NEST will be skipped." >&2
    fi
fi
export JAXNEST_NEST_PYTHON="${JAXNEST_NEST_PYTHON:-}"
export MPLBACKEND=Agg
export PATH="$PWD/.venv-tests/bin:$PATH"

run() {
    echo "--- $*"
    "$@" </dev/null
}

run ruff check .
run ruff format --check .
run pyright
processes=$(($(nproc) > 1 ? 2 : 1))
run python -m pytest -n "$processes" --dist loadfile "$@"
if [ $# -eq 0 ]; then
    run python -m validation -j "$processes" --page build/validation
fi
