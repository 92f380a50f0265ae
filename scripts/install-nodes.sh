#!/usr/bin/env bash
# Puts the Node versions the tests run on into .cache/nodes/<major>/node. Does nothing where they exist.
set -euo pipefail
cd "$(dirname "$0")/.."
os=$(uname -s | tr A-Z a-z)
case $(uname -m) in x86_64) arch=x64 ;; aarch64 | arm64) arch=arm64 ;; *) arch= ;; esac
for version in 20.20.2 22.23.3 26.10.0; do
  folder=.cache/nodes/${version%%.*}
  [ -x "$folder/node" ] && continue
  if [ "$os" != linux ] || [ -z "$arch" ]; then
    echo "skipped: Node $version is installed for Linux on x64 and arm64 only"
    continue
  fi
  npm install --no-save --no-package-lock --ignore-scripts --silent --prefix "$folder" "node-linux-$arch@$version"
  ln -sf node_modules/node-linux-$arch/bin/node "$folder/node"
  echo "Node $("$folder/node" --version)"
done
