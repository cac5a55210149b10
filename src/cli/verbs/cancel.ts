import type { Command } from 'commander';
import { addCluster, onCluster, requireCluster, type ClusterOptions } from '../cluster-options.ts';
import { parseVersionName } from '../kinds.ts';

const HELP = `
The builder pod and its volume go; the tag stays where it was. The ModelVersion stays, as failed with the
reason Cancelled.

Examples:
  stowage cancel bert-v3 --kube
  stowage cancel bert-v3 --kube --wait`;

interface CancelOptions extends ClusterOptions {
  readonly wait?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('cancel')
    .summary('give the build of a ModelVersion up')
    .description('Gives the build of a ModelVersion in a cluster up, whether it runs or waits.')
    .argument('<version>', 'name of the ModelVersion', parseVersionName)
    .option('--wait', 'stay until it has ended')
    .addHelpText('after', HELP);
  addCluster(command).action(run);
}

async function run(name: string, options: CancelOptions): Promise<void> {
  requireCluster(options, 'cancel', 'On one machine Ctrl-C cancels apply.');
  const [{ askFor }, { reportOutcomes }] = await Promise.all([
    import('../request.ts'),
    import('../cluster-outcome.ts'),
  ]);
  const outcome = await onCluster(options, (session) => {
    const follows = `is given up. To build it after all: ${session.suggest(`retry ${name}`)}`;
    return askFor('cancel', name, { follows, wait: options.wait === true }, session);
  });
  if (outcome === undefined) return;
  if (outcome.result === 'failed' && outcome.error?.code === 'Cancelled')
    process.stdout.write(`modelversion/${name} is cancelled\n`);
  else await reportOutcomes([outcome], undefined);
}
