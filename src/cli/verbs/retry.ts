import type { Command } from 'commander';
import { addCluster, onCluster, requireCluster, type ClusterOptions } from '../cluster-options.ts';
import { parseVersionName } from '../kinds.ts';

const HELP = `
What can succeed by itself is tried again anyway, after a while. This is for what a person has repaired:
a Secret, a path, a registry.

Examples:
  stowage retry bert-v3 --kube
  stowage retry bert-v3 --kube --wait`;

interface RetryOptions extends ClusterOptions {
  readonly wait?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('retry')
    .summary('build a ModelVersion that has failed once more')
    .description('Lets a cluster build a ModelVersion that has failed once more.')
    .argument('<version>', 'name of the ModelVersion', parseVersionName)
    .option('--wait', 'stay until it is Ready or has failed')
    .addHelpText('after', HELP);
  addCluster(command).action(run);
}

async function run(name: string, options: RetryOptions): Promise<void> {
  requireCluster(options, 'retry', 'On one machine apply tries again what has failed.');
  const [{ askFor }, { reportOutcomes }] = await Promise.all([
    import('../request.ts'),
    import('../cluster-outcome.ts'),
  ]);
  const outcome = await onCluster(options, (session) => {
    const follows = `is tried again. See how it goes: ${session.suggest(`wait ${name}`)}`;
    return askFor('retry', name, { follows, wait: options.wait === true }, session);
  });
  if (outcome !== undefined) await reportOutcomes([outcome], undefined);
}
