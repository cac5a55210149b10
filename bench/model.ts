/** The models that are measured, made once and kept under bench/work. */
import { createHash, randomFillSync } from 'node:crypto';
import { mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { safetensorsStart, writeSafetensors, type TensorSpec } from '../test/support/model-files.ts';
import { MODELS } from './paths.ts';

export interface Model {
  /** Absolute path. */
  readonly directory: string;
  readonly files: readonly ModelFile[];
  /** Sum of the files' sizes. */
  readonly bytes: number;
}

export interface ModelFile {
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
  /** `sha256:…`; empty where nothing needs it. */
  readonly digest: string;
}

const MIB = 1024 * 1024;
export const GIB = 1024 * MIB;

const TENSOR_BYTES = 64 * MIB;
const COLUMNS = 4096;
const BF16_BYTES = 2;

/** `files` safetensors files of random weights, `gib` GiB together, with the digest of each. */
export function shardedModel(gib: number, files: number): Promise<Model> {
  const shard = Math.floor((gib * GIB) / files / MIB) * MIB;
  return kept(`sharded-${gib}gib-${files}`, async (directory) => {
    const made: ModelFile[] = [];
    for (let number = 1; number <= files; number += 1) {
      const name = `model-${pad(number)}-of-${pad(files)}.safetensors`;
      made.push(await randomFile(`${directory}/${name}`, safetensorsStart(tensors(shard)).start, shard));
    }
    return made;
  });
}

/** 2,000 files of 10 kB, 20 to a directory: a tokenizer or a dataset that was unpacked. */
export function manySmallFiles(): Promise<Model> {
  return kept('many-small', async (directory) => {
    const made: ModelFile[] = [];
    for (let number = 0; number < 2000; number += 1) {
      const folder = `${directory}/part-${pad(Math.floor(number / 20))}`;
      await mkdir(folder, { recursive: true });
      made.push(await randomFile(`${folder}/${pad(number)}.bin`, Buffer.alloc(0), 10_000));
    }
    return made;
  });
}

/** One safetensors file of `gib` GiB that takes no room on the disk: all its weights are zero. */
export function sparseModel(gib: number): Promise<Model> {
  return kept(`sparse-${gib}gib`, async (directory) => {
    const path = `${directory}/model.safetensors`;
    await writeSafetensors(path, tensors(gib * GIB));
    return [{ path, bytes: (await stat(path)).size, digest: '' }];
  });
}

/** Makes a model unless it was made before; the list of its files is written last, so a half-made one is made again. */
async function kept(name: string, make: (directory: string) => Promise<ModelFile[]>): Promise<Model> {
  const directory = `${MODELS}${name}`;
  const list = `${directory}.json`;
  let files = await readFile(list, 'utf8').then(JSON.parse as (text: string) => ModelFile[], () => undefined);
  if (files === undefined) {
    process.stderr.write(`making ${name}\n`);
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    files = await make(directory);
    await writeFile(list, JSON.stringify(files));
  }
  return { directory, files, bytes: files.reduce((sum, file) => sum + file.bytes, 0) };
}

/** Tensors of `bytes` together, a multiple of 1 MiB, each as large as the larger ones of a 7B model. */
function tensors(bytes: number): Record<string, TensorSpec> {
  const found: Record<string, TensorSpec> = {};
  for (let left = bytes; left > 0; left -= TENSOR_BYTES) {
    const rows = Math.min(left, TENSOR_BYTES) / (COLUMNS * BF16_BYTES);
    found[`model.layers.${Object.keys(found).length}.weight`] = { dtype: 'BF16', shape: [rows, COLUMNS] };
  }
  return found;
}

async function randomFile(path: string, header: Buffer, bytes: number): Promise<ModelFile> {
  const hash = createHash('sha256').update(header);
  const chunk = Buffer.alloc(Math.min(bytes, 8 * MIB));
  await using file = await open(path, 'w');
  await file.write(header);
  for (let left = bytes; left > 0; left -= chunk.length) {
    const part = randomFillSync(chunk).subarray(0, left);
    hash.update(part);
    await file.write(part);
  }
  return { path, bytes: header.length + bytes, digest: `sha256:${hash.digest('hex')}` };
}

function pad(number: number): string {
  return String(number).padStart(5, '0');
}
