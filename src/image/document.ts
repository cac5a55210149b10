import { digestOf } from '../oci/digest.ts';
import type { Descriptor } from '../oci/manifest.ts';

/** A JSON document of an image, as it is stored: exactly these bytes have this digest. */
export interface Document {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** Deeper than any image config; a document that nests without end must not cost the stack. */
const MAX_DEPTH = 64;

/** The canonical bytes of a value, with their descriptor. */
export function makeDocument(mediaType: string, value: unknown): Document {
  const bytes = canonicalJson(value);
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

/**
 * JSON without white space, the keys of every object sorted, so that equal values have equal bytes.
 * `value` is what JSON can hold; members that are undefined are left out.
 * @throws RangeError when it nests deeper than 64 levels.
 */
export function canonicalJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(sorted(value, 0)));
}

function sorted(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new RangeError(`nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((item: unknown) => sorted(item, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]: [string, unknown]) => [key, sorted(item, depth + 1)]));
}
