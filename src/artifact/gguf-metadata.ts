/** The key-value part of a GGUF header. Of some hundred keys a few are kept; vocabularies are skipped, not read. */
import { NotLookedInto, type GgufCursor } from './gguf-cursor.ts';
import { VALUE_ARRAY, VALUE_STRING, VALUE_U32, VALUE_U64, valueBytes } from './gguf-types.ts';
import { invalidHeader, type HeaderFile } from './header.ts';
import { quote } from './names.ts';

export type Metadata = ReadonlyMap<string, number | string>;

/** Pairs that are looked at. Real files have less than 100. */
export const MAX_PAIRS = 10_000;

/** Bytes of a key (gguf_metadata_kv_t in the specification). */
const MAX_KEY_BYTES = 65_535;

/** Bytes of a text that is kept; longer ones are skipped. The names that matter have up to 40. */
const MAX_TEXT_BYTES = 256;

/** An empty key, the type and the smallest value. */
const MIN_PAIR_BYTES = 8 + 4 + 1;

const WANTED = /^general\.(?:architecture|file_type|alignment)$|\.context_length$/;

/** @throws ArtifactTruncated, ArtifactInvalid, NotLookedInto */
export async function readMetadata(file: HeaderFile, cursor: GgufCursor, pairs: number): Promise<Metadata> {
  cursor.expect(pairs, MIN_PAIR_BYTES);
  if (pairs > MAX_PAIRS) throw new NotLookedInto(`has ${pairs} metadata keys, too many to be looked at`);
  const metadata = new Map<string, number | string>();
  for (let index = 0; index < pairs; index += 1) {
    const key = await cursor.string(MAX_KEY_BYTES);
    if (key === undefined) {
      throw invalidHeader(file.path, 'GGUF', `has a key of more than ${MAX_KEY_BYTES} bytes`);
    }
    const value = await readValue(file, cursor, key);
    if (value !== undefined && WANTED.test(key)) metadata.set(key, value);
  }
  return metadata;
}

/** A text or an unsigned integer, the two kinds that are wanted; of all others undefined. */
async function readValue(
  file: HeaderFile,
  cursor: GgufCursor,
  key: string,
): Promise<number | string | undefined> {
  const type = await cursor.u32();
  if (type === VALUE_U32) return await cursor.u32();
  if (type === VALUE_STRING) return await cursor.string(MAX_TEXT_BYTES);
  if (type === VALUE_U64 && WANTED.test(key)) return await cursor.u64();
  if (type === VALUE_ARRAY) await skipArray(file, cursor, key);
  else cursor.skip(sizeOf(file, type, key));
  return undefined;
}

async function skipArray(file: HeaderFile, cursor: GgufCursor, key: string): Promise<void> {
  const type = await cursor.u32();
  const count = await cursor.u64();
  // The specification allows them, llama.cpp reads no file that has one, and they would need limits of their own.
  if (type === VALUE_ARRAY) {
    throw new NotLookedInto(`has an array of arrays in ${short(key)}, which is not looked into`);
  }
  if (type === VALUE_STRING) await cursor.skipStrings(count);
  else cursor.skip(count * sizeOf(file, type, key));
}

function sizeOf(file: HeaderFile, type: number, key: string): number {
  const bytes = valueBytes(type);
  if (bytes === undefined) {
    throw invalidHeader(file.path, 'GGUF', `gives ${short(key)} the type ${type}, which does not exist`);
  }
  return bytes;
}

function short(key: string): string {
  return quote(key.slice(0, 100));
}
