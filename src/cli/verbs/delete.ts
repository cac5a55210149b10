import type { Command } from 'commander';
import { addNamespace, type NamespaceOption, notFound, parseKind, parseName } from '../kinds.ts';

export function register(program: Command): void {
  const command = program
    .command('delete')
    .summary('forget a Model or ModelVersion')
    .description(
      "Forgets a Model or ModelVersion on this machine. Neither the model's files nor the image are touched.",
    )
    .argument('<kind>', 'model or modelversion')
    .argument('<name>', 'its name', parseName);
  addNamespace(command).action(run);
}

async function run(kindName: string, name: string, { namespace }: NamespaceOption): Promise<void> {
  const kind = parseKind(kindName);
  const [{ State, stateDirectory }, { forgetModel, forgetVersion }] = await Promise.all([
    import('../../local/state.ts'),
    import('../../local/forget.ts'),
  ]);
  const forget = kind === 'models' ? forgetModel : forgetVersion;
  if (!(await forget(new State(stateDirectory()), namespace, name))) throw notFound(kind, namespace, name);
  process.stdout.write(`${kind.slice(0, -1)}/${name} deleted\n`);
}
