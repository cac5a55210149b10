import { messageOf, StowageError } from '../errors.ts';
import { makeDocument } from '../image/document.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { MEDIA, type Descriptor } from '../oci/manifest.ts';
import { keepsReferrers, type ReferrerStore, type Target } from '../oci/target.ts';
import type { Progress } from '../telemetry/progress.ts';
import { recordBytes, storageHash, STORAGE_ANNOTATION } from '../record/make.ts';
import {
  isTooLong,
  MAX_RECORD_BYTES,
  MAX_RECORDED_FILES,
  RECORD_TYPE,
  type DigestRecord,
  type RecordedLayer,
} from '../record/record.ts';
import type { Earlier } from './earlier.ts';
import { documentSource } from './stored-blobs.ts';

/** What an artifact without a config has in its place (image-spec, "Guidance for an Empty Descriptor"). */
const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';
const EMPTY = Buffer.from('{}');

export interface Keeping {
  readonly target: Target;
  /** Names the storage that the files lie on. */
  readonly storage?: string | undefined;
  readonly earlier: Earlier | undefined;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Stores a record beside an image that is there. The image is complete without it, so what goes wrong is a warning.
 * @returns the record's digest, where it is there
 */
export async function keepRecord(
  layers: readonly RecordedLayer[],
  image: Descriptor,
  keeping: Keeping,
): Promise<Digest | undefined> {
  const { target, storage, earlier, progress, signal } = keeping;
  if (storage === undefined || !keepsReferrers(target)) return undefined;
  if (isTooLong(layers)) {
    warn(progress, `the model has more than ${MAX_RECORDED_FILES} files`);
    return undefined;
  }
  const record: DigestRecord = { version: 1, storage: storageHash(storage), layers: [...layers] };
  const bytes = recordBytes(record);
  const digest = digestOf(bytes);
  const isThere = earlier?.store === target && earlier.image.digest === image.digest;
  if (isThere && earlier.known?.digest === digest) return digest;
  if (bytes.length > MAX_RECORD_BYTES) {
    warn(progress, `the record would have more than ${MAX_RECORD_BYTES} bytes`);
    return undefined;
  }
  try {
    await store(bytes, record.storage, { target, image, signal });
    return digest;
  } catch (error) {
    if (!(error instanceof StowageError)) throw error;
    warn(progress, messageOf(error));
    return undefined;
  }
}

function warn(progress: Progress, why: string): void {
  progress.warning(`the digests could not be recorded, so the next build reads everything: ${why}`);
}

interface Place {
  readonly target: Target & ReferrerStore;
  readonly image: Descriptor;
  readonly signal: AbortSignal;
}

async function store(bytes: Buffer, storage: string, { target, image, signal }: Place): Promise<Descriptor> {
  const annotations = { [STORAGE_ANNOTATION]: storage };
  const manifest = makeDocument(MEDIA.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    artifactType: RECORD_TYPE,
    config: { mediaType: EMPTY_TYPE, digest: digestOf(EMPTY), size: EMPTY.length },
    layers: [{ mediaType: RECORD_TYPE, digest: digestOf(bytes), size: bytes.length }],
    subject: { mediaType: image.mediaType, digest: image.digest, size: image.size },
    annotations,
  });
  await Promise.all([
    target.writeBlob(documentSource('the empty config of the record', EMPTY), { signal }),
    target.writeBlob(documentSource('the record', bytes), { signal }),
  ]);
  const referrer = { subject: image.digest, artifactType: RECORD_TYPE, annotations };
  return target.writeReferrer({ ...referrer, bytes: manifest.bytes }, signal);
}
