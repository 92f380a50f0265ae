#!/usr/bin/env bash
# `npm run test:fleet`: builds and starts what the suites in test/fleet need (Collector, Kafka, MongoDB's protocol), and runs them. What can't be had
# is said in one line, and the suites that need it are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build-backends.sh fleet
if scripts/services.sh install all && scripts/services.sh start; then
  variables=$(scripts/services.sh env)
  eval "$variables"
else
  echo "the suites that need servers are left out"
fi
npm run --silent build -- --no-types
UPTRACE_TEST_FLEET=true vitest run "$@"
