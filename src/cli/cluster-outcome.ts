import type { ClusterOutcome } from '../cluster/outcome.ts';
import { visible } from '../telemetry/text.ts';
import { EXIT, exitCodeOf } from './exit.ts';
import { printDocument, type OutputFormat } from './output.ts';
import { printError } from './terminal/error.ts';
import { formatDuration } from './terminal/format.ts';
import { trafficText } from './traffic.ts';

const SENTENCES: Readonly<Record<ClusterOutcome['result'], string>> = {
  configured: 'configured',
  built: 'is Ready',
  unchanged: 'is Ready already, nothing to do',
  suspended: 'is suspended, not built',
  failed: 'failed',
  refused: 'was refused',
  unfinished: 'is handed over; the cluster builds it',
};

/** Prints what became of each object, and sets the exit code. */
export async function reportOutcomes(
  outcomes: readonly ClusterOutcome[],
  format: OutputFormat | undefined,
): Promise<void> {
  if (format !== undefined) await printDocument(clusterDocument(outcomes), format);
  for (const { error } of outcomes)
    if (error !== undefined) printError(process.stderr, error, { debug: error.code === 'Internal' });
  if (format === undefined) for (const outcome of outcomes) process.stdout.write(outcomeText(outcome));
  const code = exitCodeFor(outcomes);
  if (code !== EXIT.ok) process.exitCode = code;
}

function outcomeText(outcome: ClusterOutcome): string {
  const { kind, name, result, version } = outcome;
  const { image, bytes } = version?.status ?? {};
  const seconds = secondsOf(outcome);
  const sums =
    result === 'built' && bytes !== undefined
      ? [trafficText(bytes) + (seconds === undefined ? '' : ` in ${formatDuration(seconds)}`)]
      : [];
  const isThere = result === 'built' || result === 'unchanged';
  const lines = [
    ...sums,
    ...(isThere && image !== undefined ? [`image  ${visible(image)}`] : []),
    `${kind.toLowerCase()}/${name} ${SENTENCES[result]}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** For machines, as on one machine: one version is one document, several are a list. Of other objects those that were refused. */
function clusterDocument(outcomes: readonly ClusterOutcome[]): unknown {
  const shown = outcomes.filter(({ kind, result }) => kind === 'ModelVersion' || result === 'refused');
  const [only] = shown;
  if (only !== undefined && shown.length === 1) return item(only);
  return { kind: 'List', items: shown.map(item) };
}

function item(outcome: ClusterOutcome): unknown {
  const { kind, namespace, name, result, version, error } = outcome;
  const { image, digest, size, bytes, model, conditions } = version?.status ?? {};
  const key = `${kind[0]?.toLowerCase() ?? ''}${kind.slice(1)}`;
  return {
    ...{ image, digest, size, bytes, seconds: secondsOf(outcome), model },
    ...{ [key]: { namespace, name }, result, conditions },
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message, hint: error.hint } }),
  };
}

/** From the start of the attempt that made the image to its end, in whole seconds: more the status does not know. */
function secondsOf({ version }: ClusterOutcome): number | undefined {
  const { startTime, finishTime } = version?.status ?? {};
  return startTime === undefined || finishTime === undefined
    ? undefined
    : (Date.parse(finishTime) - Date.parse(startTime)) / 1000;
}

/** An interruption before anything else; then a build that failed, or was not waited for to its end; then a refusal. */
function exitCodeFor(outcomes: readonly ClusterOutcome[]): number {
  if (outcomes.some(({ result, error }) => result === 'unfinished' && error?.code === 'Cancelled'))
    return EXIT.interrupted;
  if (outcomes.some(({ result, error }) => error !== undefined && result !== 'refused')) return EXIT.failed;
  const codes = outcomes.flatMap(({ error }) => (error === undefined ? [] : [exitCodeOf(error)]));
  return Math.min(...(codes.length === 0 ? [EXIT.ok] : codes));
}
