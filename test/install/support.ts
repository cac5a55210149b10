import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../src/install/manifest.ts';

export const IMAGE = 'registry.example.com/stowage:v1';

/** The objects of a YAML stream. */
export function objectsIn(stream: string): Manifest[] {
  return [...parseAllDocuments(stream)]
    .map((document) => document.toJS() as Manifest | null)
    .filter((object) => object !== null);
}

export function find(objects: readonly Manifest[], kind: string, name = 'stowage-controller'): Manifest {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}
