import type { Command } from 'commander';
import { addNamespace, notFound, type Kind, type NamespaceOption, parseKind, parseName } from '../kinds.ts';
import { addOutput, type OutputOption, printDocument } from '../output.ts';
import type { Model } from '../../api/model.ts';
import type { ModelVersion } from '../../api/modelversion.ts';

const HELP = `
Examples:
  stowage get modelversions
  stowage get mv bert-v3 -o json
  stowage get models --all-namespaces`;

interface GetOptions extends NamespaceOption, OutputOption {
  readonly allNamespaces?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('get')
    .summary('list what was built on this machine')
    .description('Lists Models or ModelVersions that were applied on this machine, or shows one.')
    .argument('<kind>', 'models or modelversions (also: model, mo, modelversion, mv)')
    .argument('[name]', 'only this one', parseName)
    .option('-A, --all-namespaces', 'of every namespace')
    .addHelpText('after', HELP);
  addOutput(addNamespace(command), ['json', 'yaml', 'wide']).action(run);
}

async function run(kindName: string, name: string | undefined, options: GetOptions): Promise<void> {
  const kind = parseKind(kindName);
  const found = await list(kind, options.allNamespaces === true ? undefined : options.namespace);
  const objects = name === undefined ? found : found.filter(({ metadata }) => metadata.name === name);
  if (name !== undefined && objects.length === 0) throw notFound(kind, options.namespace, name);
  if (options.output === 'json' || options.output === 'yaml') {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    await printDocument(name === undefined ? list : objects[0], options.output);
  } else {
    await printTable(kind, objects, {
      wide: options.output === 'wide',
      namespaces: options.allNamespaces === true,
    });
  }
}

async function list(kind: Kind, namespace: string | undefined): Promise<(Model | ModelVersion)[]> {
  const [{ State, stateDirectory }, { withoutReport }] = await Promise.all([
    import('../../local/state.ts'),
    import('../../local/stored-version.ts'),
  ]);
  const state = new State(stateDirectory());
  if (kind === 'models') return state.models.list(namespace);
  return (await state.modelVersions.list(namespace)).map(withoutReport);
}

async function printTable(
  kind: Kind,
  objects: readonly (Model | ModelVersion)[],
  shape: { wide: boolean; namespaces: boolean },
): Promise<void> {
  if (objects.length === 0) {
    process.stderr.write(`no ${kind} yet; stowage apply -f FILE makes some\n`);
    return;
  }
  const [{ columnsOf }, { renderTable }] = await Promise.all([
    import('../columns.ts'),
    import('../terminal/table.ts'),
  ]);
  const columns = columnsOf(kind).filter(
    (column) => (shape.wide || !column.wide) && (shape.namespaces || column.title !== 'NAMESPACE'),
  );
  const rows = objects.map((object) => columns.map((column) => column.value(object)));
  process.stdout.write(
    `${renderTable(
      columns.map(({ title }) => title),
      rows,
    )}\n`,
  );
}
