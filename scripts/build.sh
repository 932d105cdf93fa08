#!/usr/bin/env bash
# Compiles src/ to dist/ and the dashboard to dist/dashboard/, from nothing, so that no file of an earlier build stays.
set -euo pipefail
cd "$(dirname "$0")/.."

rm -rf dist
node_modules/.bin/tsc -p tsconfig.build.json
node_modules/.bin/vite build dashboard --logLevel warn
if [ -e dist/cli/main.js ]; then chmod +x dist/cli/main.js; fi
