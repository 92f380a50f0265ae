#!/usr/bin/env bash
# Puts Bun and Deno into .cache/runtimes/ for test/runtimes; does nothing where they exist, and only says so where they can't be had.
set -euo pipefail
cd "$(dirname "$0")/.."
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) bun=@oven/bun-linux-x64 deno=@deno/linux-x64-glibc ;;
  Linux-aarch64 | Linux-arm64) bun=@oven/bun-linux-aarch64 deno=@deno/linux-arm64-glibc ;;
  *) echo "skipped: Bun and Deno are tested on Linux only" && exit 0 ;;
esac
folder=.cache/runtimes
[ -x "$folder/bun" ] && [ -x "$folder/deno" ] && exit 0
mkdir -p "$folder"
npm install --no-save --no-package-lock --ignore-scripts --silent --prefix "$folder" "$bun@1.4.5" "$deno@2.9.6" || {
  echo "skipped: Bun and Deno could not be installed" && exit 0
}
ln -sf "node_modules/$bun/bin/bun" "$folder/bun"
ln -sf "node_modules/$deno/deno" "$folder/deno"
chmod +x "$folder/bun" "$folder/deno"
echo "Bun $("$folder/bun" --version), $("$folder/deno" --version | head -1)"
