import type { Command } from 'commander';
import { addCluster, asksForCluster, onCluster, type ClusterOptions } from '../cluster-options.ts';
import type { Listed } from '../columns.ts';
import { DEFAULT_NAMESPACE, type Kind, notFound, onMachine, parseKind, parseName } from '../kinds.ts';
import { columnsOf as widthOf } from '../terminal/width.ts';
import { addOutput, type OutputOption, printDocument } from '../output.ts';

const HELP = `
Examples:
  stowage get modelversions
  stowage get mv bert-v3 -o json
  stowage get models --all-namespaces
  stowage get modelversions --kube -n team-a
  stowage get storagepolicies --context production`;

interface GetOptions extends ClusterOptions, OutputOption {
  readonly allNamespaces?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('get')
    .summary('list what was built on this machine, or in a cluster')
    .description(
      'Lists Models or ModelVersions that were applied on this machine or to a cluster, or shows one.',
    )
    .argument(
      '<kind>',
      'models or modelversions (also: model, mo, modelversion, mv), in a cluster also storagepolicies (sp)',
    )
    .argument('[name]', 'only this one', parseName)
    .option('-A, --all-namespaces', 'of every namespace')
    .addHelpText('after', HELP);
  addOutput(addCluster(command), ['json', 'yaml', 'wide']).action(run);
}

async function run(kindName: string, name: string | undefined, options: GetOptions): Promise<void> {
  const kind = parseKind(kindName);
  const find = asksForCluster(options) ? findInCluster : findHere;
  const objects = await find(kind, name, options);
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

async function findHere(kind: Kind, name: string | undefined, options: GetOptions): Promise<Listed[]> {
  const { allNamespaces = false, namespace = DEFAULT_NAMESPACE } = options;
  const found = await listHere(kind, allNamespaces ? undefined : namespace);
  return named(found, name) ?? missing(kind, namespace, name, `stowage get ${kind} --all-namespaces`);
}

async function listHere(kind: Kind, namespace: string | undefined): Promise<Listed[]> {
  const local = onMachine(kind);
  const [{ State, stateDirectory }, { withoutReport }] = await Promise.all([
    import('../../local/state.ts'),
    import('../../local/stored-version.ts'),
  ]);
  const state = new State(stateDirectory());
  if (local === 'models') return state.models.list(namespace);
  return (await state.modelVersions.list(namespace)).map(withoutReport);
}

async function findInCluster(kind: Kind, name: string | undefined, options: GetOptions): Promise<Listed[]> {
  const { listKept, readKept } = await import('../../cluster/objects.ts');
  return onCluster(options, async ({ remote, signal, suggest }) => {
    const { namespace } = remote;
    const all = options.allNamespaces === true;
    const found =
      name === undefined || all
        ? named(await listKept(remote, kind, all ? undefined : namespace, signal), name)
        : await readKept(remote, kind, { namespace, name }, signal);
    if (found !== undefined) return [found].flat();
    return missing(kind, namespace, name, suggest(`get ${kind} --all-namespaces`));
  });
}

/** All where no name is given; undefined where none has it. */
function named(objects: Listed[], name: string | undefined): Listed[] | undefined {
  const found = name === undefined ? objects : objects.filter(({ metadata }) => metadata.name === name);
  return name !== undefined && found.length === 0 ? undefined : found;
}

function missing(kind: Kind, namespace: string, name: string | undefined, others: string): never {
  throw notFound(kind, namespace, name ?? '', others);
}

async function printTable(
  kind: Kind,
  objects: readonly Listed[],
  shape: { wide: boolean; namespaces: boolean },
): Promise<void> {
  if (objects.length === 0) {
    process.stderr.write(`no ${kind} yet; stowage apply -f FILE makes some\n`);
    return;
  }
  const [{ columnsOf }, { renderShortTable }] = await Promise.all([
    import('../columns.ts'),
    import('../terminal/table.ts'),
  ]);
  const columns = columnsOf(kind).filter(
    (column) => (shape.wide || !column.wide) && (shape.namespaces || column.title !== 'NAMESPACE'),
  );
  const rows = objects.map((object) => columns.map((column) => column.value(object)));
  const titles = columns.map(({ title }) => title);
  const width = shape.wide ? Infinity : widthOf(process.stdout);
  process.stdout.write(`${renderShortTable(titles, rows, width)}\n`);
}
