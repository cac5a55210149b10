import type { Outcome } from '../local/outcome.ts';
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
  if (outcome.error !== undefined)
    printError(process.stderr, outcome.error, { debug: outcome.error.code === 'Internal' });
  if (options.quiet) return;
  const name = `${outcome.kind.toLowerCase()}/${outcome.name}`;
  if (outcome.result === 'built' && outcome.report !== undefined)
    process.stdout.write(`${reportText(outcome.report)}\n`);
  process.stdout.write(`${name} ${SENTENCES[outcome.result]}\n`);
  if (outcome.result === 'unchanged' && outcome.report !== undefined)
    process.stdout.write(`image  ${outcome.report.image}\n`);
}

/** For machines: the report where one version was applied, as kubectl gives one object; otherwise a list. Of Models those that failed. */
export function outcomeDocument(outcomes: readonly Outcome[]): unknown {
  const shown = outcomes.filter(({ kind, result }) => kind === 'ModelVersion' || result === 'failed');
  const [only] = shown;
  if (only !== undefined && shown.length === 1) return item(only);
  return { kind: 'List', items: shown.map(item) };
}

function item({ kind, namespace, name, result, report, error }: Outcome): unknown {
  const problem =
    error === undefined ? {} : { error: { code: error.code, message: error.message, hint: error.hint } };
  const key = kind === 'Model' ? 'model' : 'modelVersion';
  return { ...report, [key]: { namespace, name }, result, ...problem };
}
