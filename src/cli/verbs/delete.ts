import type { Command } from 'commander';
import {
  addCluster,
  asksForCluster,
  onCluster,
  type ClusterOptions,
  type Session,
} from '../cluster-options.ts';
import {
  DEFAULT_NAMESPACE,
  type Kind,
  notFound,
  onMachine,
  parseKind,
  parseNames,
  singular,
} from '../kinds.ts';
import { addWait, type WaitOption } from '../wait-option.ts';

const HELP = `
Examples:
  stowage delete modelversion bert-v3
  stowage delete modelversion bert-v3 bert-v4 --kube -n team-a`;

interface DeleteOptions extends ClusterOptions, WaitOption {}

export function register(program: Command): void {
  const command = program
    .command('delete')
    .summary('forget a Model or ModelVersion')
    .description(
      "Forgets Models or ModelVersions on this machine, or deletes them in a cluster. Neither the model's files nor the image are touched.",
    )
    .argument('<kind>', 'model or modelversion, in a cluster also storagepolicy')
    .argument('<name...>', 'its name', parseNames)
    .addHelpText('after', HELP);
  addWait(addCluster(command), 'in a cluster, stay until it is gone').action(run);
}

async function run(kindName: string, names: string[], options: DeleteOptions): Promise<void> {
  const kind = parseKind(kindName);
  if (asksForCluster(options)) await deleteInCluster(kind, names, options);
  else await forgetHere(kind, names, options.namespace ?? DEFAULT_NAMESPACE);
}

async function forgetHere(kind: Kind, names: readonly string[], namespace: string): Promise<void> {
  const local = onMachine(kind);
  const [{ State, stateDirectory }, { forgetModel, forgetVersion }] = await Promise.all([
    import('../../local/state.ts'),
    import('../../local/forget.ts'),
  ]);
  const forget = local === 'models' ? forgetModel : forgetVersion;
  for (const name of names) {
    if (!(await forget(new State(stateDirectory()), namespace, name)))
      throw notFound(kind, namespace, name, `stowage get ${kind} --all-namespaces`);
    process.stdout.write(`${singular(kind)}/${name} deleted\n`);
  }
}

async function deleteInCluster(kind: Kind, names: readonly string[], options: DeleteOptions): Promise<void> {
  await onCluster(options, async (session) => {
    for (const name of names) process.stdout.write(await deleteOne(kind, name, options.wait, session));
  });
}

/** @returns what became of it, a line each */
async function deleteOne(
  kind: Kind,
  name: string,
  wait: boolean,
  { remote, signal, suggest }: Session,
): Promise<string> {
  const { remove } = await import('../../cluster/remove.ts');
  const { namespace } = remote;
  const label = `${singular(kind)}/${name}`;
  const onHeld = (finalizers: readonly string[]): void =>
    void process.stderr.write(
      `${label} goes when its volume is gone (${finalizers.join(', ')}); Ctrl-C stops waiting only\n`,
    );
  const removed = await remove(remote, kind, { namespace, name }, { wait, onHeld, signal });
  if (removed === undefined) throw notFound(kind, namespace, name, suggest(`get ${kind} --all-namespaces`));
  const { versions } = removed;
  const done = wait ? 'deleted' : 'is being deleted';
  const owned =
    versions === 0 ? '' : `its ${versions === 1 ? 'version goes' : `${versions} versions go`} with it; `;
  const kept = kind === 'storagepolicies' ? '' : `; ${owned}the model's files and the image are not touched`;
  return `${label} ${done}${kept}\n`;
}
