import type { Command } from 'commander';
import { addNamespace, type NamespaceOption, notFound, parseKind } from '../kinds.ts';

export function register(program: Command): void {
  const command = program
    .command('delete')
    .summary('forget a Model or ModelVersion')
    .description(
      "Forgets a Model or ModelVersion on this machine. Neither the model's files nor the image are touched.",
    )
    .argument('<kind>', 'model or modelversion')
    .argument('<name>', 'its name');
  addNamespace(command).action(run);
}

async function run(kindName: string, name: string, options: NamespaceOption): Promise<void> {
  const kind = parseKind(kindName);
  const { State, stateDirectory } = await import('../../local/state.ts');
  const state = new State(stateDirectory());
  const objects = kind === 'models' ? state.models : state.modelVersions;
  const removed = await objects.locked(
    options.namespace,
    name,
    () => objects.remove(options.namespace, name),
    0,
  );
  if (!removed) throw notFound(kind, options.namespace, name);
  process.stdout.write(`${kind.slice(0, -1)}/${name} deleted\n`);
}
