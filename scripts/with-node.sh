#!/bin/sh
# Runs a command with the project's Node 24 and its tools first on the PATH.
# usage: with-node.sh COMMAND [ARG ...]
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
node=$(sh "$root/scripts/node-path.sh" "$root")
cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
PATH="$(dirname "$node"):$root/node_modules/.bin:${cache:+$cache/stowage/bin:}$PATH"
export PATH
exec "$@"
