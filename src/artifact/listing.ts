import type { Dirent, Stats } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { sourceError } from './fs-error.ts';
import type { Place } from './link.ts';
import { pathOf } from './names.ts';

/** What a directory holds, or a link in it leads to. */
export type Entry = Place & { readonly kind: Dirent<Buffer> | Stats };

/**
 * What is in a directory, in the order of the names, so that the same source is refused for the same file everywhere.
 * @throws FileRefused for a name that no image can hold; SourceUnreadable
 */
export async function listDirectory({ path, location }: Place): Promise<Entry[]> {
  const found = await listBytes(location).catch(async (error: unknown) => {
    throw await sourceError(error, location, path === '' ? location : path);
  });
  found.sort((a, b) => Buffer.compare(a.name, b.name));
  return found.map((kind) => {
    const name = pathOf(path, kind.name);
    return { path: name, location: join(location, kind.name.toString('utf8')), kind };
  });
}

/** Names as bytes: as text, one that is not UTF-8 would become another, or the same as its neighbour. */
async function listBytes(location: string): Promise<Dirent<Buffer>[]> {
  return await readdir(location, { encoding: 'buffer', withFileTypes: true });
}

function join(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}
