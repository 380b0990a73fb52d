#!/usr/bin/env bash
# Sets up everything on a fresh machine and runs Brunel's network. Arguments go to the example:
#   examples/run.sh                 12,500 neurons
#   examples/run.sh --scale 0.1     a tenth of them
# PYTHON names the Python to use (3.11 or later).
set -euo pipefail
cd "$(dirname "$0")/.."

source examples/environment.sh
make_environment .venv '.[plot]'

mkdir -p build
MPLBACKEND=Agg exec .venv/bin/python examples/brunel.py --output build/brunel.png "$@"
