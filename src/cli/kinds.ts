import { type Command, Option } from 'commander';
import { NAMESPACE, OBJECT_NAME, type Grammar } from '../api/grammar.ts';
import { StowageError } from '../errors.ts';

export type Kind = 'models' | 'modelversions';

/** The names that kubectl takes for a kind: plural, singular, short. */
const NAMES: ReadonlyMap<string, Kind> = new Map([
  ['models', 'models'],
  ['model', 'models'],
  ['mo', 'models'],
  ['modelversions', 'modelversions'],
  ['modelversion', 'modelversions'],
  ['mv', 'modelversions'],
]);

/** @throws UsageInvalid with the names there are */
export function parseKind(text: string): Kind {
  const kind = NAMES.get(text.toLowerCase());
  if (kind !== undefined) return kind;
  throw new StowageError('UsageInvalid', `${JSON.stringify(text)} is no kind of object`, {
    hint: `Kinds: ${[...NAMES.keys()].join(', ')}.`,
  });
}

/** For an argument: a name of a file that nobody meant must not come of it. @throws UsageInvalid */
export function parseName(text: string): string {
  return matching(OBJECT_NAME, text);
}

export interface NamespaceOption {
  readonly namespace: string;
}

export function addNamespace(command: Command): Command {
  return command.addOption(
    new Option('-n, --namespace <name>', 'the namespace of the object')
      .default('default')
      .argParser((text) => matching(NAMESPACE, text)),
  );
}

export function notFound(kind: Kind, namespace: string, name: string): StowageError {
  return new StowageError(
    'ObjectNotFound',
    `there is no ${kind.slice(0, -1)} ${JSON.stringify(name)} in namespace ${namespace}`,
    {
      hint: `stowage get ${kind} --all-namespaces shows what there is.`,
    },
  );
}

function matching({ pattern, max, expected }: Grammar, text: string): string {
  if (text.length <= max && new RegExp(`^${pattern}$`).test(text)) return text;
  throw new StowageError('UsageInvalid', `found ${JSON.stringify(text)}; expected ${expected}`);
}
