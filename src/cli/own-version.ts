import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { StowageError } from '../errors.ts';

/** The version of this program. */
export async function ownVersion(): Promise<string> {
  // The nearest above this file, as a source and in a bundle.
  const path = findPackageJSON(import.meta.url);
  if (path === undefined) throw new StowageError('Internal', 'the program has no package.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as { version: string };
  return manifest.version;
}
