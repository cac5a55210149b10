import type { Outcome } from '../local/apply.ts';
import { printError } from './terminal/error.ts';
import { reportText } from './report.ts';

const SENTENCES = {
  configured: 'configured',
  built: 'is Ready',
  unchanged: 'is Ready already, nothing to do',
  suspended: 'is suspended, not built',
  failed: 'failed',
} as const;

/** One sentence for what became of an object, with its report, or its error on stderr. */
export function printOutcome(outcome: Outcome, options: { quiet: boolean }): void {
  if (outcome.error !== undefined) printError(process.stderr, outcome.error, {});
  if (options.quiet) return;
  const name = `${outcome.kind.toLowerCase()}/${outcome.name}`;
  if (outcome.result === 'built' && outcome.report !== undefined)
    process.stdout.write(`${reportText(outcome.report)}\n`);
  process.stdout.write(`${name} ${SENTENCES[outcome.result]}\n`);
  if (outcome.result === 'unchanged' && outcome.report !== undefined)
    process.stdout.write(`image  ${outcome.report.image}\n`);
}

/** For machines: the report where one version was applied, as kubectl gives one object; otherwise a list. */
export function outcomeDocument(outcomes: readonly Outcome[]): unknown {
  const versions = outcomes.filter(({ kind }) => kind === 'ModelVersion');
  const [only] = versions;
  if (only !== undefined && versions.length === 1) return item(only);
  return { kind: 'List', items: versions.map(item) };
}

function item({ namespace, name, result, report, error }: Outcome): unknown {
  const problem =
    error === undefined ? {} : { error: { code: error.code, message: error.message, hint: error.hint } };
  return { ...report, modelVersion: { namespace, name }, result, ...problem };
}
