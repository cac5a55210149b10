/** The digest record: what a build learnt of the files it read, so that the next one need not read them again. */
import { z } from 'zod';
import { listOf } from '../oci/bounded.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { MAX_MEDIA_TYPE_LENGTH } from '../oci/media-type.ts';

/** Of the blob, and the artifactType of the manifest that holds it. */
export const RECORD_TYPE = 'application/vnd.stowage.record.v1+json';

/** A model of more files is built without a record: to read one would take longer than to read such files. */
export const MAX_RECORDED_FILES = 100_000;
/** So many files with long paths have about as much: 330 bytes each. */
export const MAX_RECORD_BYTES = 32 * 1024 * 1024;
/** An image has no more, those of its base included. */
const MAX_LAYERS = 127;
/** Paths are a few hundred characters long; Linux opens none above 4096 bytes. */
const MAX_PATH_LENGTH = 4096;
/** The titles of layers are paths with an ending. */
const MAX_TITLE_LENGTH = MAX_PATH_LENGTH + 16;

const digest = z.custom<Digest>(
  (value) => typeof value === 'string' && isDigest(value),
  'expected a sha256 digest',
);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** Nanoseconds and inodes have more digits than a JSON number keeps; times before 1970 are negative. */
const integer = z.string().regex(/^-?\d{1,20}$/);

const file = z.object({
  /** Relative to the model. */
  path: z.string().min(1).max(MAX_PATH_LENGTH),
  size: z.int().nonnegative(),
  /** The first byte of the content in the layer's tar. */
  offset: z.int().nonnegative(),
  /** Of the content; of a file that is alone in its layer it is not known. */
  digest: digest.exactOptional(),
  /** Left out where the file was written to so recently that another write might not show. */
  identity: z.object({ mtimeNs: integer, ctimeNs: integer, ino: integer }).exactOptional(),
});

const layer = z.object({
  title: z.string().min(1).max(MAX_TITLE_LENGTH),
  mediaType: z.string().max(MAX_MEDIA_TYPE_LENGTH),
  digest,
  /** Digest of the bytes before compression. */
  diffId: digest,
  /** Bytes as stored. */
  size: z.int().nonnegative(),
  /** sha256 over the bytes of all tar headers of the layer: its paths and sizes, and how we write them. */
  headers: hash,
  /** In the order of the tar. */
  files: listOf(file, MAX_RECORDED_FILES),
});

const record = z
  .object({
    version: z.literal(1),
    /** sha256 of the identity of the storage that the files lay on. */
    storage: hash,
    /** Ours, without those of a base, in the image's order. */
    layers: listOf(layer, MAX_LAYERS),
  })
  .refine(({ layers }) => !isTooLong(layers), { message: 'too many files' });

export type DigestRecord = z.infer<typeof record>;
export type RecordedLayer = z.infer<typeof layer>;
export type RecordedFile = z.infer<typeof file>;

/** Whether layers have more files than a record may. */
export function isTooLong(layers: readonly Pick<RecordedLayer, 'files'>[]): boolean {
  return layers.reduce((sum, { files }) => sum + files.length, 0) > MAX_RECORDED_FILES;
}

/**
 * Reads a record that may come from anybody. Whether it may be believed is another question.
 * @returns undefined where it is none, or is too large
 */
export function parseRecord(bytes: Uint8Array): DigestRecord | undefined {
  if (bytes.length > MAX_RECORD_BYTES) return undefined;
  try {
    return record.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    return undefined;
  }
}
