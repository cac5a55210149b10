import { chmod, mkdir, open, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { safetensorsStart } from '../support/model-files.ts';

const MIB = 1024 * 1024;

/** Small files by path. Each name is one that some reader of tar archives or image layers could stumble over. */
const SMALL: Record<string, string> = {
  'config.json': '{"architectures": ["BertModel"]}\n',
  '.gitattributes': '*.safetensors filter=lfs\n',
  'empty.txt': '',
  'deep/er/and/deeper/vocab.txt': 'a\nb\n',
  'größe/模型/ключ 🗝.json': '{}\n',
  'it\'s a name, with $HOME & "quotes" (1).txt': 'quoted\n',
  '-starts-with-a-dash': '-\n',
  // 100 bytes are the limit of USTAR's name, 255 of a file system's: with `models/` in front, below, at and above.
  ['n'.repeat(93)]: 'n',
  ['m'.repeat(120)]: 'm',
  ['l'.repeat(255)]: 'l',
  [`${`${'p'.repeat(90)}/`.repeat(3)}leaf`]: 'p',
  [`${'字'.repeat(80)}/leaf`]: 'u',
};

const EMPTY_DIRECTORIES = ['empty', 'deep/also-empty'];

/** Two layers of their own: files from 64 MiB on are not bundled. */
const LARGE: Record<string, number> = {
  'model-00001-of-00002.safetensors': 64 * MIB,
  'model-00002-of-00002.safetensors': 65 * MIB,
};

/** Makes a model in a new directory, its files in the order that `order` brings their paths in. */
export async function makeModelTree(
  root: string,
  order = (paths: string[]): string[] => paths,
): Promise<void> {
  for (const path of order([...Object.keys(SMALL), ...Object.keys(LARGE)])) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    const large = LARGE[path];
    await (large === undefined
      ? writeFile(join(root, path), SMALL[path] ?? '')
      : writeLarge(join(root, path), large));
  }
  for (const path of order([...EMPTY_DIRECTORIES])) await mkdir(join(root, path), { recursive: true });
  await writeFile(join(root, 'run.sh'), '#!/bin/sh\n');
  await chmod(join(root, 'run.sh'), 0o755);
  // As a hub cache lies on the disk: names that link to blobs.
  await mkdir(join(root, 'blobs'));
  await mkdir(join(root, 'snapshots/main'), { recursive: true });
  await writeFile(join(root, 'blobs/5f1e'), 'linked to\n');
  await symlink('../../blobs/5f1e', join(root, 'snapshots/main/tokenizer.json'));
  await symlink('snapshots/main', join(root, 'latest'));
}

/** Every mebibyte differs, so that a reader who loses its place is found out. */
async function writeLarge(path: string, bytes: number): Promise<void> {
  await using file = await open(path, 'w');
  await file.write(safetensorsStart({ weight: { dtype: 'U8', shape: [bytes] } }).start);
  for (let written = 0, seed = basename(path).length; written < bytes; written += MIB, seed += 1) {
    await file.write(Buffer.alloc(MIB, `${seed} `));
  }
}
