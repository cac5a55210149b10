import { resolve } from 'node:path';
import { isMapping, type Mapping } from './mapping.ts';

/**
 * On one machine a declaration may name directories relative to its own file: `path: ./my-model`,
 * `imageRepo: oci:./images`. Absolute ones are left as they are, to be checked as they are: in a cluster, and in the
 * CRD, there is nothing that they could be relative to.
 */
export function withAbsolutePaths(spec: unknown, directory: string): unknown {
  if (!isMapping(spec)) return spec;
  const { storage, imageRepo, base } = spec;
  return {
    ...spec,
    ...(isMapping(storage) && { storage: withAbsoluteStorage(storage, directory) }),
    ...(typeof imageRepo === 'string' && { imageRepo: absoluteLayout(imageRepo, directory) }),
    ...(typeof base === 'string' && { base: absoluteLayout(base, directory) }),
  };
}

function withAbsoluteStorage(storage: Mapping, directory: string): Mapping {
  const { localStorage } = storage;
  if (!isMapping(localStorage) || typeof localStorage['path'] !== 'string') return storage;
  return { ...storage, localStorage: { ...localStorage, path: absolute(localStorage['path'], directory) } };
}

/** A tag at the end is part of the last name, and stays there. */
function absoluteLayout(reference: string, directory: string): string {
  return reference.startsWith('oci:')
    ? `oci:${absolute(reference.slice('oci:'.length), directory)}`
    : reference;
}

function absolute(path: string, directory: string): string {
  return path === '' || path.startsWith('/') ? path : resolve(directory, path);
}
