import { plainKey } from './words.ts';

/** The keys and indexes that lead to a field. */
export type Path = readonly PropertyKey[];

/** `spec.storage.localStorage.path`, `items[3].metadata.labels["a b"]`. */
export function pathText(path: Path): string {
  return path.map((key, index) => step(key, index === 0)).join('');
}

function step(key: PropertyKey, first: boolean): string {
  if (typeof key === 'number') return `[${key}]`;
  const name = plainKey(String(key));
  if (name.startsWith('"')) return `[${name}]`;
  return first ? name : `.${name}`;
}
