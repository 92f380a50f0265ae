#!/usr/bin/env bash
# Builds the OpenTelemetry Collector and Jaeger, which the end-to-end tests send to, into .cache/bin; with `fleet` the Collector with every part that
# deploy/ uses, which takes minutes. Does nothing where they exist as they are listed.
set -euo pipefail
cd "$(dirname "$0")/.."
BUILDER_VERSION=v0.145.0
JAEGER_VERSION=v1.65.0
bin=$PWD/.cache/bin
mkdir -p "$bin"
if ! command -v go >/dev/null; then
  echo "skipped: the Collector and Jaeger are built with Go, which is not installed (https://go.dev/dl)"
  exit 0
fi

# build_collector <name> <list>: the list that it was made from lies beside it: another list, another Collector
build_collector() {
  local name=$1 list=$2
  if [ -x "$bin/$name" ] && cmp -s "scripts/collector/$list" "$bin/$name.yaml"; then return 0; fi
  echo "building $name ($BUILDER_VERSION)"
  GOBIN=$bin go install "go.opentelemetry.io/collector/cmd/builder@$BUILDER_VERSION"
  (cd scripts/collector && CGO_ENABLED=0 "$bin/builder" --config "$list" --ldflags='-s -w')
  mv ".cache/collector-build/$name" "$bin/$name"
  cp "scripts/collector/$list" "$bin/$name.yaml"
  rm -rf .cache/collector-build
}

if [ "${1:-}" = fleet ]; then
  build_collector otelcol-fleet builder-fleet.yaml
  exit 0
fi
build_collector otelcol builder.yaml
if [ ! -x "$bin/jaeger" ]; then
  echo "building Jaeger ($JAEGER_VERSION)"
  work=.cache/jaeger-build
  rm -rf "$work" && mkdir -p "$work"
  # a module of its own: Jaeger's go.mod has replace directives, which `go install pkg@version` refuses
  (
    cd "$work"
    printf 'module uptrace-node/jaeger\n\ngo 1.22\n' >go.mod
    go get "github.com/jaegertracing/jaeger/cmd/all-in-one@$JAEGER_VERSION"
    CGO_ENABLED=0 go build -ldflags='-s -w' -o "$bin/jaeger" github.com/jaegertracing/jaeger/cmd/all-in-one
  )
  rm -rf "$work"
fi
