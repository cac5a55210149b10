/** A model, and the same with one of its shards trained further. */
import { randomFillSync } from 'node:crypto';
import { copyFile, link, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { shardedModel, type ModelFile } from '../model.ts';
import { MODELS } from '../paths.ts';

export interface ChangedModel {
  /** Paths of directories that differ in one file. */
  readonly before: string;
  readonly after: string;
  /** Bytes of the whole, and of the file that changes. */
  readonly bytes: number;
  readonly changedBytes: number;
  remove(): Promise<void>;
}

/** As they lie beside the weights of a language model. */
const SMALL: Readonly<Record<string, string>> = {
  'config.json': '{"model_type":"llama","hidden_size":4096}\n',
  'generation_config.json': '{"temperature":0.6}\n',
  'tokenizer.json': JSON.stringify(Array.from({ length: 100_000 }, (_, id) => `token-${id}`)),
};
/** At the end of a file, where weights are and no header. */
const CHANGED_TAIL_BYTES = 4096;

/** Both share what they have in common, as hard links, so that the page cache has it once. */
export async function changedModel(gib: number, shards: number): Promise<ChangedModel> {
  const { files } = await shardedModel(gib, shards);
  const root = `${MODELS}changed`;
  await rm(root, { recursive: true, force: true });
  const [before, after] = [`${root}/before`, `${root}/after`];
  const changed = files[Math.floor(files.length / 2)];
  if (changed === undefined) throw new Error('a model needs shards');
  for (const directory of [before, after]) {
    await mkdir(directory, { recursive: true });
    for (const each of files.filter((file) => directory === before || file !== changed))
      await link(each.path, `${directory}/${basename(each.path)}`);
    for (const [name, content] of Object.entries(SMALL))
      if (directory === before) await writeFile(`${directory}/${name}`, content);
      else await link(`${before}/${name}`, `${directory}/${name}`);
  }
  await changeTo(changed, `${after}/${basename(changed.path)}`);
  const small = Object.values(SMALL).reduce((sum, content) => sum + content.length, 0);
  const bytes = files.reduce((sum, file) => sum + file.bytes, small);
  const remove = (): Promise<void> => rm(root, { recursive: true, force: true });
  return { before, after, bytes, changedBytes: changed.bytes, remove };
}

async function changeTo(file: ModelFile, path: string): Promise<void> {
  await copyFile(file.path, path);
  await using copy = await open(path, 'r+');
  const tail = randomFillSync(Buffer.alloc(CHANGED_TAIL_BYTES));
  await copy.write(tail, 0, tail.length, file.bytes - tail.length);
}
