#!/usr/bin/env bash
# The pages: `front.sh build` brings src/foresell/api/static up to date, `check` and `test` are for make check and make test.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/node.sh
cd frontend
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-progress --loglevel=error

built=../src/foresell/api/static/index.html
# The API's types leave no trace in what is built, and `check` renews them each time.
is_stale() { [ ! -e "$built" ] || [ -n "$(find src public scripts index.html vite.config.ts package-lock.json ../docs/glossary.md ! -name schema.d.ts -newer "$built" -print -quit)" ]; }
build() { if is_stale; then npm run --silent build; fi; }

case "${1:-build}" in
  build) build ;;
  check) npm run --silent check && build && npm run --silent budgets ;;
  test) npm run --silent test ;;
esac
