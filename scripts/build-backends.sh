#!/usr/bin/env bash
# Builds the OpenTelemetry Collector and Jaeger, which the end-to-end tests send to, into .cache/bin. Does nothing where they exist as they are listed.
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
# the list that it was made from lies beside it: another list, another Collector
if [ ! -x "$bin/otelcol" ] || ! cmp -s scripts/collector/builder.yaml "$bin/otelcol.yaml"; then
  echo "building the Collector ($BUILDER_VERSION)"
  GOBIN=$bin go install "go.opentelemetry.io/collector/cmd/builder@$BUILDER_VERSION"
  (cd scripts/collector && CGO_ENABLED=0 "$bin/builder" --config builder.yaml --ldflags='-s -w')
  mv .cache/collector-build/otelcol "$bin/otelcol"
  cp scripts/collector/builder.yaml "$bin/otelcol.yaml"
  rm -rf .cache/collector-build
fi
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
