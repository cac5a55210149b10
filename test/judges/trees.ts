import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A directory's content: every path below it with the digest of the file, or `directory`. Symbolic links are what they lead to. */
export type Tree = Record<string, string>;

export async function readTree(root: string): Promise<Tree> {
  const tree: Tree = {};
  await collect(root, '', tree);
  return tree;
}

async function collect(root: string, below: string, tree: Tree): Promise<void> {
  const names = await readdir(join(root, below));
  for (const name of names.sort()) {
    const path = join(below, name);
    const isDirectory = (await stat(join(root, path))).isDirectory();
    tree[path] = isDirectory ? 'directory' : await digestOf(join(root, path));
    if (isDirectory) await collect(root, path, tree);
  }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
