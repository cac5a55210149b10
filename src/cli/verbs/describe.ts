import type { Command } from 'commander';
import type { State } from '../../local/state.ts';
import {
  addCluster,
  asksForCluster,
  onCluster,
  type ClusterOptions,
  type Session,
} from '../cluster-options.ts';
import { DEFAULT_NAMESPACE, type LocalKind, notFound, parseKind, parseName } from '../kinds.ts';
import { StowageError } from '../../errors.ts';
import { columnsOf } from '../terminal/width.ts';

const HELP = `
Examples:
  stowage describe modelversion bert-v3
  stowage describe model bert
  stowage describe modelversion bert-v3 --kube      why is it not ready?`;

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
  addCluster(command).action(run);
}

async function run(kindName: string, name: string, options: ClusterOptions): Promise<void> {
  const kind = describable(kindName);
  const text = asksForCluster(options)
    ? await onCluster(options, (session) => inCluster(kind, name, session))
    : await here(kind, name, options.namespace ?? DEFAULT_NAMESPACE);
  process.stdout.write(`${text}\n`);
}

function describable(kindName: string): LocalKind {
  const kind = parseKind(kindName);
  if (kind !== 'storagepolicies') return kind;
  throw new StowageError('UsageInvalid', 'a StoragePolicy says no more than what stands in it', {
    hint: 'stowage get storagepolicy NAME -o yaml --kube',
  });
}

async function here(kind: LocalKind, name: string, namespace: string): Promise<string> {
  const { State, stateDirectory } = await import('../../local/state.ts');
  const state = new State(stateDirectory());
  const text =
    kind === 'models' ? await modelText(state, namespace, name) : await versionText(state, namespace, name);
  return text ?? missing(kind, namespace, name, `stowage get ${kind} --all-namespaces`);
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

async function inCluster(kind: LocalKind, name: string, session: Session): Promise<string> {
  const { remote, signal, suggest } = session;
  const { namespace } = remote;
  const { viewModel, viewVersion } = await import('../../cluster/view.ts');
  const others = suggest(`get ${kind} --all-namespaces`);
  if (kind === 'models') {
    const view = await viewModel(remote, { namespace, name }, signal);
    const { describeModel } = await import('../description.ts');
    return view === undefined
      ? missing(kind, namespace, name, others)
      : describeModel(view.model, view.versions);
  }
  const view = await viewVersion(remote, { namespace, name }, signal);
  const { describeVersionInCluster } = await import('../cluster-description.ts');
  return view === undefined
    ? missing(kind, namespace, name, others)
    : describeVersionInCluster(view, { now: new Date(), columns: columnsOf(process.stdout), suggest });
}

function missing(...what: Parameters<typeof notFound>): never {
  throw notFound(...what);
}
