#!/usr/bin/env bash
# `npm run test:fleet`: builds and starts what the suites in test/fleet need (Collector, Kafka, MongoDB's protocol), and runs them.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build-backends.sh fleet
npm run --silent build -- --no-types
UPTRACE_TEST_FLEET=true scripts/with-servers.sh vitest run "$@"
