#!/bin/sh
# Refuses a commit message whose first line is no conventional commit (https://www.conventionalcommits.org).
# usage: commit-message.sh FILE
set -eu
first=$(head -n 1 "$1")
case "$first" in
  Merge\ * | Revert\ * | fixup!\ * | squash!\ *) exit 0 ;;
esac
kinds='feat|fix|perf|refactor|test|docs|build|ci|chore|revert'
if ! printf '%s\n' "$first" | grep -Eq "^($kinds)(\([a-z0-9/-]+\))?!?: [^ ].*[^.]\$"; then
  echo "The first line is no conventional commit: $first" >&2
  echo "It reads like \"feat(registry): mount blobs\", without a full stop; the kinds are $kinds." >&2
  exit 1
fi
if [ "${#first}" -gt 100 ]; then
  echo "The first line has ${#first} characters; 100 are enough, the rest goes below an empty line." >&2
  exit 1
fi
