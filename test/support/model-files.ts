/** Makes small, valid files of the formats that models come in, and large ones that take no space on the disk. */
import { createHash } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes files under a directory: path → content. Missing directories are made; a path that ends in `/` is one. */
export async function writeFiles(
  directory: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const target = join(directory, path);
    await mkdir(path.endsWith('/') ? target : dirname(target), { recursive: true });
    if (!path.endsWith('/')) await writeFile(target, content);
  }
}

/** A file of `size` bytes that begins with `start` and else holds zeros that are not on the disk. */
export async function writeSparse(
  path: string,
  size: number,
  start: Uint8Array = new Uint8Array(),
): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(start);
    await file.truncate(size);
  } finally {
    await file.close();
  }
}

export interface TensorSpec {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** What stands at the beginning of a safetensors file (length and JSON), and the size of the whole. */
export function safetensorsStart(
  tensors: Readonly<Record<string, TensorSpec>>,
  metadata?: Readonly<Record<string, string>>,
): { start: Buffer; size: number } {
  let position = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape }]) => {
    const begin = position;
    position += (shape.reduce((product, each) => product * each, 1) * bitsOf(dtype)) / 8;
    return [name, { dtype, shape, data_offsets: [begin, position] }] as const;
  });
  const header = { ...(metadata && { __metadata__: metadata }), ...Object.fromEntries(entries) };
  const start = safetensorsHeader(JSON.stringify(header));
  return { start, size: start.length + position };
}

/** Any text as the header of a safetensors file, padded with spaces to a multiple of 8 bytes as its writers do. */
export function safetensorsHeader(json: string | Uint8Array): Buffer {
  const text = Buffer.from(json);
  const padding = Buffer.alloc((8 - (text.length % 8)) % 8, ' ');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length + padding.length));
  return Buffer.concat([length, text, padding]);
}

/** A whole safetensors file; all weights are zero. */
export function safetensorsBytes(
  tensors: Readonly<Record<string, TensorSpec>>,
  metadata?: Readonly<Record<string, string>>,
): Buffer {
  const { start, size } = safetensorsStart(tensors, metadata);
  return Buffer.concat([start, Buffer.alloc(size - start.length)]);
}

/** A safetensors file of any size that takes no space for its weights. */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, TensorSpec>>,
): Promise<void> {
  const { start, size } = safetensorsStart(tensors);
  await writeSparse(path, size, start);
}

function bitsOf(dtype: string): number {
  const bits = dtype === 'BOOL' ? '8' : /^[A-Z]+?(\d+)/.exec(dtype)?.[1];
  return Number(bits);
}

/** A value in GGUF metadata, under the name of its type; an array is a list. */
type GgufValue =
  | { readonly u32: number }
  | { readonly u64: number }
  | { readonly f32: number }
  | { readonly text: string }
  | { readonly u32s: readonly number[] }
  | { readonly texts: readonly string[] };

export interface GgufSpec {
  /** Default: 3. */
  readonly version?: number;
  readonly metadata?: Readonly<Record<string, GgufValue>>;
  readonly tensors?: readonly GgufTensor[];
  /** Default: 32. Only lays out; say it in the metadata too. */
  readonly alignment?: number;
}

export interface GgufTensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  /** The number of a ggml type, and how many bytes the tensor takes. */
  readonly type: number;
  readonly bytes: number;
}

/** What stands at the beginning of a GGUF file, up to where the weights begin, and the size of the whole. */
export function ggufStart(spec: GgufSpec): { start: Buffer; size: number } {
  const { version = 3, metadata = {}, tensors = [], alignment = 32 } = spec;
  const pairs = Object.entries(metadata);
  const parts = [Buffer.from('GGUF'), u32(version), u64(tensors.length), u64(pairs.length)];
  for (const [key, value] of pairs) parts.push(ggufText(key), ggufValue(value));
  let offset = 0;
  for (const { name, dimensions, type, bytes } of tensors) {
    parts.push(ggufText(name), u32(dimensions.length), ...dimensions.map(u64), u32(type), u64(offset));
    offset += roundUp(bytes, alignment);
  }
  const header = Buffer.concat(parts);
  const start = Buffer.concat([header, Buffer.alloc(roundUp(header.length, alignment) - header.length)]);
  return { start, size: start.length + offset };
}

/** A whole GGUF file; all weights are zero. */
export function ggufBytes(spec: GgufSpec): Buffer {
  const { start, size } = ggufStart(spec);
  return Buffer.concat([start, Buffer.alloc(size - start.length)]);
}

function ggufValue(value: GgufValue): Buffer {
  if ('u32' in value) return Buffer.concat([u32(4), u32(value.u32)]);
  if ('u64' in value) return Buffer.concat([u32(10), u64(value.u64)]);
  if ('text' in value) return Buffer.concat([u32(8), ggufText(value.text)]);
  if ('f32' in value) {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value.f32);
    return Buffer.concat([u32(6), bytes]);
  }
  if ('u32s' in value) return Buffer.concat([u32(9), u32(4), u64(value.u32s.length), ...value.u32s.map(u32)]);
  return Buffer.concat([u32(9), u32(8), u64(value.texts.length), ...value.texts.map(ggufText)]);
}

function ggufText(text: string): Buffer {
  return Buffer.concat([u64(Buffer.byteLength(text)), Buffer.from(text)]);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** `pickle.dumps({'a': 1}, 4)` */
export const PICKLE = Buffer.from('8004950a000000000000007d948c0161944b01732e', 'hex');

/** The beginning of what `torch.save` writes: a zip, not compressed, whose first member is a pickle. */
export function torchBytes(): Buffer {
  const name = Buffer.from('archive/data.pkl');
  const header = Buffer.alloc(30);
  header.write('PK\x03\x04', 'latin1');
  header.writeUInt32LE(PICKLE.length, 18);
  header.writeUInt32LE(PICKLE.length, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name, PICKLE]);
}

/** What a clone without Git LFS holds in place of a file of `size` bytes. */
export function lfsPointer(size: number): string {
  const oid = createHash('sha256').update(String(size)).digest('hex');
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`;
}
