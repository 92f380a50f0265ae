#!/usr/bin/env bash
# Runs a command with all servers of the tests beside it: `scripts/with-servers.sh vitest run test/e2e`. What is missing is installed, which takes
# minutes the first time. What can't be had is said in one line, and the tests that need it are skipped. The servers stay (`scripts/services.sh stop`).
set -euo pipefail
cd "$(dirname "$0")/.."
if scripts/services.sh install all && scripts/services.sh start; then
  variables=$(scripts/services.sh env)
  eval "$variables"
else
  echo "the suites that need servers are left out"
fi
exec "$@"
