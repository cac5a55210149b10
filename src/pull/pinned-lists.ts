import { fileListDigest, FILES_ANNOTATION, type ListedFile } from '../image/file-list.ts';
import { MODEL_DIRECTORY } from '../image/bundle.ts';
import { StowageError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { MEDIA, parseManifest, type Descriptor } from '../oci/manifest.ts';
import { keepsReferrers, type ImageStore, type ReferrerStore } from '../oci/target.ts';
import { MAX_RECORD_BYTES, parseRecord, RECORD_TYPE, type DigestRecord } from '../record/record.ts';
import { listedFiles } from '../record/reusable.ts';
import type { OpenedImage } from './image.ts';
import type { LayerListing, Listed } from './layer-listing.ts';
import { memberPath } from './member-path.ts';

/** One is of the storage that the image was built from. Others may be of copies; more are not worth the requests. */
const MOST_RECORDS = 3;

/** Lists of files by the digest of their layer. */
export type PinnedLists = ReadonlyMap<Digest, readonly ListedFile[]>;

/**
 * The files of layers that the image itself pins a list of, by the layer's digest. The lists come from the records that
 * lie beside the image; who wrote those does not matter, since a list counts only if it has the digest that the layer's
 * descriptor names. What is not found is read from the layer.
 */
export async function pinnedLists(image: OpenedImage, signal: AbortSignal): Promise<PinnedLists> {
  const found = new Map<Digest, readonly ListedFile[]>();
  const pinned = image.manifest.layers.filter(
    ({ annotations }) => annotations?.[FILES_ANNOTATION] !== undefined,
  );
  if (pinned.length === 0 || !keepsReferrers<ImageStore>(image.store)) return found;
  try {
    for await (const record of recordsOf(image, image.store, signal)) {
      for (const [digest, list] of listsIn(record, pinned)) found.set(digest, list);
      if (found.size === pinned.length) break;
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof StowageError)) throw error;
  }
  return found;
}

async function* recordsOf(
  { root }: OpenedImage,
  store: ImageStore & ReferrerStore,
  signal: AbortSignal,
): AsyncGenerator<DigestRecord> {
  const referrers = await store.listReferrers(root.digest, RECORD_TYPE, signal);
  for (const { digest } of referrers.slice(0, MOST_RECORDS)) {
    const stored = await store.readManifest(digest, signal);
    const [blob] = stored === undefined ? [] : parseManifest(stored.bytes, 'the record').layers;
    if (blob?.mediaType !== RECORD_TYPE || blob.size > MAX_RECORD_BYTES) continue;
    const bytes = await store.readSmallBlob(blob.digest, MAX_RECORD_BYTES, signal);
    const record = bytes === undefined ? undefined : parseRecord(bytes);
    if (record !== undefined) yield record;
  }
}

function listsIn(
  record: DigestRecord,
  layers: readonly Descriptor[],
): [digest: Digest, list: readonly ListedFile[]][] {
  return layers.flatMap((layer) => {
    const list = listIn(record, layer);
    return list === undefined ? [] : [[layer.digest, list]];
  });
}

function listIn({ layers }: DigestRecord, layer: Descriptor): readonly ListedFile[] | undefined {
  const { digest, annotations } = layer;
  const recorded = layers.find((each) => each.digest === digest);
  const list = recorded && listedFiles(recorded);
  if (list === undefined || fileListDigest(list) !== annotations?.[FILES_ANNOTATION]) return undefined;
  return isPossible(list, layer) ? list : undefined;
}

/** Whether the files of a list have a path and a place each, and all places lie in the layer. */
function isPossible(list: readonly ListedFile[], layer: Descriptor): boolean {
  if (new Set(list.map(({ path }) => path)).size < list.length) return false;
  const sorted = list.toSorted((a, b) => a.offset - b.offset);
  const end = layer.mediaType === MEDIA.layer ? layer.size : Infinity;
  return sorted.every(({ offset, size }, index) => {
    const before = sorted[index - 1];
    return offset + size <= end && (before === undefined || offset > before.offset + before.size);
  });
}

/** A layer as its list says it is. Directories are not in it. */
export function listingOf(layer: Descriptor, index: number, list: readonly ListedFile[]): LayerListing {
  const placed = list.map(({ path, size, offset, digest }): Listed | undefined => {
    const inImage = memberPath(Buffer.from(`${MODEL_DIRECTORY}/${path}`));
    return inImage === undefined ? undefined : { kind: 'file', path: inImage, size, offset, digest };
  });
  const strange = list.filter((_, position) => placed[position] === undefined);
  return {
    layer,
    index,
    // Who reads a range by this finds out by the digest of the file.
    compressed: layer.mediaType !== MEDIA.layer,
    members: placed.flatMap((member) => member ?? []),
    strange: strange.map(({ path }) => JSON.stringify(path)),
  };
}
