#!/usr/bin/env bash
# Everything that has to hold, from a fresh clone: brings what is missing, then checks, builds and tests.
# The last line printed counts what passed and what failed.
set -euo pipefail
cd "$(dirname "$0")/.."

trap 'echo "The preparations failed."; echo "0 passed, 1 failed"' ERR

# Without some of them the tests still run and name what they skip; only CI insists.
if ! scripts/install-system-packages.sh; then
  [ "${CI:-}" != true ]
fi

installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ package-lock.json -nt "$installed" ]; then
  npm ci --loglevel=warn
fi

trap - ERR
exec node node_modules/jiti/lib/jiti-cli.mjs scripts/suite.ts everything
