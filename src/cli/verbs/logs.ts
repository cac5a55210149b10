import type { Command } from 'commander';
import {
  addCluster,
  onCluster,
  requireCluster,
  type ClusterOptions,
  type Session,
} from '../cluster-options.ts';
import { parseVersionName } from '../kinds.ts';
import { columnsOf } from '../terminal/width.ts';

const HELP = `
Without a builder pod there is no log: what its build came to stays in the status, and is printed instead.

Examples:
  stowage logs bert-v3 --kube
  stowage logs bert-v3 --kube --follow
  stowage logs bert-v3 --kube --raw | jq -r .event`;

interface LogsOptions extends ClusterOptions {
  readonly follow?: boolean;
  readonly raw?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('logs')
    .summary('print what the builder of a ModelVersion says')
    .description('Prints what the builder pod of a ModelVersion in a cluster says.')
    .argument('<version>', 'name of the ModelVersion', parseVersionName)
    .option('-f, --follow', 'stay until the builder has ended')
    .option('--raw', 'as the builder prints it: JSON lines')
    .addHelpText('after', HELP);
  addCluster(command).action(run);
}

async function run(name: string, options: LogsOptions): Promise<void> {
  requireCluster(
    options,
    'logs',
    'On one machine apply shows how it goes, and describe says what came of it.',
  );
  await onCluster(options, (session) => print(name, options, session));
}

async function print(
  name: string,
  { follow = false, raw = false }: LogsOptions,
  { remote, signal, suggest }: Session,
): Promise<void> {
  const [{ builderLog }, { logText }] = await Promise.all([
    import('../../cluster/builder-log.ts'),
    import('../../cluster/log-text.ts'),
  ]);
  const key = { namespace: remote.namespace, name };
  const absence = await builderLog(remote, key, {
    ...{ follow, signal },
    onLine: (line) => void process.stdout.write(`${raw ? line : logText(line)}\n`),
  });
  if (absence === undefined) return;
  const { paragraphs } = await import('../terminal/paragraphs.ts');
  process.stderr.write(`${paragraphs(absence, columnsOf(process.stderr)).join('\n')}\n`);
  process.stderr.write(`${suggest(`describe modelversion ${name}`)} says more\n`);
}
