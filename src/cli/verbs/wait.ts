import { type Command, Option } from 'commander';
import type { Goal } from '../../cluster/wait.ts';
import { StowageError } from '../../errors.ts';
import { addCluster, onCluster, requireCluster, type ClusterOptions } from '../cluster-options.ts';
import { parseDuration } from '../duration.ts';
import { EXIT } from '../exit.ts';
import { parseVersionNames } from '../kinds.ts';
import { limited } from '../time-limit.ts';

/** Most builds are done by then, and a script that waits for ever is worse than one that asks again. */
const DEFAULT_TIMEOUT = '10m';

const HELP = `
A version that has failed for good ends the wait at once, with exit code 1.

Examples:
  stowage wait bert-v3 --kube
  stowage wait bert-v3 bert-v4 --kube --timeout 2h
  stowage wait bert-v3 --kube --for condition=StorageReady
  stowage wait bert-v3 --kube --for delete`;

interface WaitOptions extends ClusterOptions {
  readonly for: Goal;
  /** Seconds. */
  readonly timeout: number;
}

export function register(program: Command): void {
  const command = program
    .command('wait')
    .summary('wait until ModelVersions are Ready')
    .description('Waits until ModelVersions in a cluster are Ready, or have another condition.')
    .argument('<version...>', 'names of the ModelVersions', parseVersionNames)
    .addOption(
      new Option('--for <what>', 'condition=TYPE, condition=TYPE=STATUS, or delete')
        .argParser(parseGoal)
        .default({ type: 'Ready', status: 'True' }, 'condition=Ready'),
    )
    .addOption(
      new Option('--timeout <time>', 'for how long, such as 90s, 10m or 1h30m')
        .argParser(parseDuration)
        .default(parseDuration(DEFAULT_TIMEOUT), DEFAULT_TIMEOUT),
    )
    .addHelpText('after', HELP);
  addCluster(command).action(run);
}

/** As kubectl takes it, or the condition's name alone. @throws UsageInvalid */
export function parseGoal(text: string): Goal {
  if (text === 'delete') return text;
  const match = /^(?:condition=)?([A-Za-z][\w./-]*)(?:=(true|false|unknown))?$/i.exec(text);
  const [, type = '', status = 'true'] = match ?? [];
  if (match !== null)
    return { type, status: `${status.charAt(0).toUpperCase()}${status.slice(1).toLowerCase()}` };
  throw new StowageError(
    'UsageInvalid',
    `found ${JSON.stringify(text)}; expected condition=TYPE, condition=TYPE=STATUS, or delete`,
  );
}

async function run(names: string[], options: WaitOptions): Promise<void> {
  requireCluster(options, 'wait', 'On one machine apply waits by itself.');
  const { waitForAll } = await import('../../cluster/wait.ts');
  const { for: goal, timeout } = options;
  const reached = goal === 'delete' ? 'is deleted' : `has the condition ${goal.type}=${goal.status}`;
  const failure = await onCluster(options, ({ remote, signal, suggest }) =>
    limited(timeout, signal, (inTime) =>
      waitForAll(remote, names, goal, {
        hintFor: (name) => `See: ${suggest(`describe modelversion ${name}`)}`,
        onReached: (name) => void process.stdout.write(`modelversion/${name} ${reached}\n`),
        signal: inTime,
      }),
    ),
  );
  if (failure === undefined) return;
  const { printError } = await import('../terminal/error.ts');
  printError(process.stderr, failure);
  process.exitCode = EXIT.failed;
}
