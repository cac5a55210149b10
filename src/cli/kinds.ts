import { type Command, Option } from 'commander';
import { NAMESPACE, OBJECT_NAME, type Grammar } from '../api/grammar.ts';
import { StowageError } from '../errors.ts';

export type LocalKind = 'models' | 'modelversions';
export type Kind = LocalKind | 'storagepolicies';

const SINGULAR: Readonly<Record<Kind, string>> = {
  models: 'model',
  modelversions: 'modelversion',
  storagepolicies: 'storagepolicy',
};

/** The names that kubectl takes for a kind: plural, singular, short. */
const NAMES: ReadonlyMap<string, Kind> = new Map([
  ['models', 'models'],
  ['model', 'models'],
  ['mo', 'models'],
  ['modelversions', 'modelversions'],
  ['modelversion', 'modelversions'],
  ['mv', 'modelversions'],
  ['storagepolicies', 'storagepolicies'],
  ['storagepolicy', 'storagepolicies'],
  ['sp', 'storagepolicies'],
]);

/** @throws UsageInvalid with the names there are */
export function parseKind(text: string): Kind {
  const kind = NAMES.get(text.toLowerCase());
  if (kind !== undefined) return kind;
  throw new StowageError('UsageInvalid', `${JSON.stringify(text)} is no kind of object`, {
    hint: `Kinds: ${[...NAMES.keys()].join(', ')}.`,
  });
}

/** A kind that one machine has too. @throws UsageInvalid */
export function onMachine(kind: Kind): LocalKind {
  if (kind !== 'storagepolicies') return kind;
  throw new StowageError('UsageInvalid', 'StoragePolicies are in clusters only', {
    hint: 'Add --kube, or --context NAME.',
  });
}

export function singular(kind: Kind): string {
  return SINGULAR[kind];
}

/** For an argument: a name of a file that nobody meant must not come of it. @throws UsageInvalid */
export function parseName(text: string): string {
  return matching(OBJECT_NAME, text);
}

/** @throws UsageInvalid */
export function parseNamespace(text: string): string {
  return matching(NAMESPACE, text);
}

/** For an argument that may be repeated. @throws UsageInvalid */
export function parseNames(text: string, before: string[] = []): string[] {
  return [...before, parseName(text)];
}

/** A ModelVersion, also as it is printed: `modelversion/bert-v3`. @throws UsageInvalid */
export function parseVersionName(text: string): string {
  const [kind = '', name, ...more] = text.split('/');
  if (name === undefined || more.length > 0 || parseKind(kind) !== 'modelversions') return parseName(text);
  return parseName(name);
}

/** @throws UsageInvalid */
export function parseVersionNames(text: string, before: string[] = []): string[] {
  return [...before, parseVersionName(text)];
}

export interface NamespaceOption {
  readonly namespace?: string;
}

/** Where the objects of one machine are that name no namespace. */
export const DEFAULT_NAMESPACE = 'default';

export function addNamespace(command: Command): Command {
  return command.addOption(
    new Option(
      '-n, --namespace <name>',
      'the namespace of the object (default: default; in a cluster, that of the context)',
    ).argParser(parseNamespace),
  );
}

/** @param others a command line that shows what there is */
export function notFound(kind: Kind, namespace: string, name: string, others: string): StowageError {
  const where = kind === 'storagepolicies' ? '' : ` in namespace ${namespace}`;
  return new StowageError('ObjectNotFound', `there is no ${singular(kind)} ${JSON.stringify(name)}${where}`, {
    hint: `${others} shows what there is.`,
  });
}

/** @throws UsageInvalid */
export function matching({ pattern, max, expected }: Grammar, text: string): string {
  if (text.length <= max && new RegExp(`^${pattern}$`).test(text)) return text;
  throw new StowageError('UsageInvalid', `found ${JSON.stringify(text)}; expected ${expected}`);
}
