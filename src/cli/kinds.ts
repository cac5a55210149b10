import { type Command, Option } from 'commander';
import { StowageError } from '../errors.ts';

export type Kind = 'models' | 'modelversions';

/** The names that kubectl takes for a kind: plural, singular, short. */
const NAMES: Readonly<Record<string, Kind>> = {
  models: 'models',
  model: 'models',
  mo: 'models',
  modelversions: 'modelversions',
  modelversion: 'modelversions',
  mv: 'modelversions',
};

/** @throws UsageInvalid with the names there are */
export function parseKind(text: string): Kind {
  const kind = NAMES[text.toLowerCase()];
  if (kind !== undefined) return kind;
  throw new StowageError('UsageInvalid', `${JSON.stringify(text)} is no kind of object`, {
    hint: `Kinds: ${Object.keys(NAMES).join(', ')}.`,
  });
}

export interface NamespaceOption {
  readonly namespace: string;
}

export function addNamespace(command: Command): Command {
  return command.addOption(
    new Option('-n, --namespace <name>', 'the namespace of the object').default('default'),
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
