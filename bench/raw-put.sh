#!/bin/sh
# The limit that a packer is held against: curl sends files whose digests are known, four at a time.
# usage: raw-put.sh HOST:PORT/REPOSITORY FILE DIGEST [FILE DIGEST ...]
set -eu
registry=${1%%/*}
repository=${1#*/}
shift
url=http://$registry/v2/$repository/blobs/uploads/
export url
# shellcheck disable=SC2016 # for the inner shell
printf '%s\0' "$@" | xargs -0 -n 2 -P 4 sh -euc '
  location=$(curl -sSf -o /dev/null -D - -X POST "$url" | tr -d "\r" | sed -n "s/^[Ll]ocation: //p")
  curl -sSf -o /dev/null -H "Content-Type: application/octet-stream" -T "$1" "$location&digest=$2"
' put
