#!/bin/sh
# Everything that must hold: types, lint, format, dead code, generated files, tests, those of a real Kubernetes cluster
# included. Run it with `npm test`.
# All of it runs even where something fails, so that one run shows all there is to mend.
# The last line is "N passed, N failed". With CI=true a skipped test is a failure.
set -u
cd "$(dirname -- "$0")/.." || exit 1
results='coverage/tests.json coverage/e2e.json'
rm -f $results
failed=

# check NAME COMMAND [ARG ...]
check() {
  name=$1
  shift
  echo "== $name"
  "$@" || failed="$failed $name"
}

check tools sh e2e/setup.sh
check types tsc -p .
check lint eslint .
check format prettier --check --log-level warn .
check dead-code knip
check generated node scripts/generate.ts --check
check vitest vitest run --reporter=default --reporter=json --outputFile.json=coverage/tests.json
# Real Kubernetes: where none can be started, its tests are skipped and say why.
check e2e vitest run --config e2e/vitest.config.ts --reporter=default --reporter=json --outputFile.json=coverage/e2e.json
# shellcheck disable=SC2086 # lists of words
node scripts/test-summary.ts $results $failed
