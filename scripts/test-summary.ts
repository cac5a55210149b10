/**
 * Says what a test run came to: what was skipped, which checks failed and, last, "N passed, N failed".
 * usage: test-summary.ts VITEST_JSON ... [FAILED_CHECK ...]
 * Exits with 1 when anything failed, and with CI=true also when anything was skipped.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});

/** The checks whose failures are counted test by test. */
const RUNS = new Set(['vitest', 'e2e']);
const args = process.argv.slice(2);
const failedChecks = args.filter((arg) => !arg.endsWith('.json'));
const files = args.filter((arg) => arg.endsWith('.json')).flatMap(readReport);
const tests = files.flatMap((each) => each.assertionResults);
const count = (status: string): number => tests.filter((test) => test.status === status).length;

const passed = count('passed');
const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed');
// A file that could not be loaded has failed and holds no test that says so.
const broken = files.filter(
  (each) => each.status === 'failed' && !each.assertionResults.some((test) => test.status === 'failed'),
);
// Vitest's own failure is counted test by test; it counts here only where no test failed (an error outside of tests).
const failedTests = count('failed') + broken.length;
const checks = failedChecks.filter((name) => !RUNS.has(name) || failedTests === 0);
const failed = failedTests + checks.length;
const skipsFail = process.env['CI'] === 'true' && skipped.length > 0;

for (const test of skipped) say(`skipped: ${test.fullName}`);
if (skipped.length > 0 && !skipsFail)
  say('Skipped tests need programs that are not here; see what setup-tools said above.');
for (const check of checks) say(`failed: ${check}`);
if (skipsFail) say(`failed: ${skipped.length} tests were skipped, which CI does not accept`);
say(`${passed} passed, ${failed + (skipsFail ? skipped.length : 0)} failed`);
process.exitCode = failed > 0 || skipsFail ? 1 : 0;

function readReport(path: string): z.infer<typeof report>['testResults'] {
  try {
    return report.parse(JSON.parse(readFileSync(path, 'utf8'))).testResults;
  } catch (error) {
    say(`failed: the test run left no report: ${String(error)}`);
    return [{ name: path, status: 'failed', assertionResults: [] }];
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
