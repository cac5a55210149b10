import { Document, visit } from 'yaml';
import { API_VERSION } from '../api/group.ts';
import type { Wish } from './wish.ts';

/** Every namespace has it, with its name, and nobody can set it. */
export const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';

/**
 * The policy that allows all that is wished in a namespace and as little else as rules can say, as YAML.
 * @param taken names of the policies there are: applying it must not replace one of them
 */
export function smallestPolicy(namespace: string, wishes: readonly Wish[], taken: readonly string[]): string {
  const rules = Object.assign({}, ...wishes.map((wish) => wish.rules)) as object;
  return yamlOf({
    apiVersion: API_VERSION,
    kind: 'StoragePolicy',
    metadata: { name: freeName(namespace, taken) },
    spec: { namespaceSelector: { matchLabels: { [NAMESPACE_LABEL]: namespace } }, ...rules },
  });
}

function freeName(base: string, taken: readonly string[]): string {
  let name = base;
  for (let count = 2; taken.includes(name); count++) name = `${base}-${count}`;
  return name;
}

/**
 * What a reader of YAML 1.1, as kubectl is, may take for a line break or refuse, and what a terminal acts upon or does
 * not show: controls, format characters, separators of lines, characters that are none.
 */
const UNSEEN = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu;

/** Texts come from strangers: what could be taken for something else is in quotes, what is not seen is escaped. */
function yamlOf(value: unknown): string {
  const document = new Document(value, { version: '1.1' });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && node.value.search(UNSEEN) >= 0) node.type = 'QUOTE_DOUBLE';
    },
  });
  const text = document.toString({ lineWidth: 0 }).trimEnd();
  return text.replaceAll(UNSEEN, (character) => `\\U${hex(character)}`);
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(8, '0');
}
