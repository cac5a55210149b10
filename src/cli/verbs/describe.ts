import type { Command } from 'commander';
import type { State } from '../../local/state.ts';
import { addNamespace, type NamespaceOption, notFound, parseKind, parseName } from '../kinds.ts';

const HELP = `
Examples:
  stowage describe modelversion bert-v3
  stowage describe model bert`;

export function register(program: Command): void {
  const command = program
    .command('describe')
    .summary('say all there is to know of one Model or ModelVersion')
    .description(
      'Says all there is to know of one Model or ModelVersion: what was declared, what became of it, and why.',
    )
    .argument('<kind>', 'model or modelversion')
    .argument('<name>', 'its name', parseName)
    .addHelpText('after', HELP);
  addNamespace(command).action(run);
}

async function run(kindName: string, name: string, { namespace }: NamespaceOption): Promise<void> {
  const kind = parseKind(kindName);
  const { State, stateDirectory } = await import('../../local/state.ts');
  const state = new State(stateDirectory());
  const text =
    kind === 'models' ? await modelText(state, namespace, name) : await versionText(state, namespace, name);
  if (text === undefined) throw notFound(kind, namespace, name);
  process.stdout.write(`${text}\n`);
}

async function modelText(state: State, namespace: string, name: string): Promise<string | undefined> {
  const model = await state.models.read(namespace, name);
  if (model === undefined) return undefined;
  const versions = (await state.modelVersions.list(namespace)).filter(({ spec }) => spec.modelName === name);
  const { describeModel } = await import('../description.ts');
  return describeModel(model, versions);
}

async function versionText(state: State, namespace: string, name: string): Promise<string | undefined> {
  const version = await state.modelVersions.read(namespace, name);
  if (version === undefined) return undefined;
  const { describeVersion } = await import('../description.ts');
  return describeVersion(version, version.report);
}
