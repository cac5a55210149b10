import type { ImageContents } from './contents.ts';
import { digestOfFile, digestWithFiles } from './hash-file.ts';
import { onlyFile, type LayerListing } from './layer-listing.ts';
import type { Placed } from './tree.ts';

/** A file of an image, and one of the same size that may have the same content. */
export interface Suspect {
  /** Names it in the answer. */
  readonly path: string;
  readonly entry: Placed;
  /** Where the file lies. */
  readonly place: string;
}

export type Judgement = 'same' | 'other' | 'unknown';

/**
 * Compares files with those of an image without fetching contents: by the digest of a file where the image vouches for
 * one, else by that of its layer, put together around the files that are here. Of a layer of several files, where one
 * differs, nobody can say which.
 */
export async function judgeContents(
  suspects: readonly Suspect[],
  { layers }: ImageContents,
  signal: AbortSignal,
): Promise<Map<string, Judgement>> {
  const judged = new Map<string, Judgement>();
  for (const [layer, files] of Map.groupBy(suspects, ({ entry }) => entry.layer)) {
    const [pinned, others] = [files.filter(isPinned), files.filter((file) => !isPinned(file))];
    for (const { path, entry, place } of pinned)
      judged.set(path, (await digestOfFile(place, signal)) === entry.digest ? 'same' : 'other');
    const judgement = await judgeLayer(layers[layer], others, signal);
    for (const { path } of others) judged.set(path, judgement);
  }
  return judged;
}

function isPinned({ entry }: Suspect): boolean {
  return entry.digest !== undefined;
}

async function judgeLayer(
  listing: LayerListing | undefined,
  files: readonly Suspect[],
  signal: AbortSignal,
): Promise<Judgement> {
  if (listing === undefined || files.length === 0) return 'unknown';
  const places = new Map(files.map(({ entry, place }) => [entry.offset, place]));
  const digest = await digestWithFiles(listing, ({ offset }) => places.get(offset), signal);
  if (digest === undefined) return 'unknown';
  if (digest === listing.layer.digest) return 'same';
  return onlyFile(listing) === undefined ? 'unknown' : 'other';
}
