/** What is fetched to have some files of an image. Pure. */
import type { Stretch, Listed, LayerListing } from './layer-listing.ts';
import { onlyFile } from './layer-listing.ts';
import { TITLE_ANNOTATION } from '../image/manifest.ts';
import type { Descriptor } from '../oci/manifest.ts';
import type { Part } from './part.ts';
import type { Wanted } from './selection.ts';

/** What a request costs, in bytes that could come meanwhile. */
const REQUEST_BYTES = 64 * 1024;

/** A part, and the files that it becomes or that are taken out of it. */
export interface PlannedPart {
  readonly part: Part;
  /** Whether the part is the file, or a layer that files are taken out of. */
  readonly is: 'file' | 'layer';
  readonly files: readonly Wanted[];
  readonly listing: LayerListing;
}

/** A whole layer as it is stored. */
export function wholeLayer(layer: Descriptor): Part {
  const title = layer.annotations?.[TITLE_ANNOTATION] ?? layer.digest;
  return { title, blob: layer, from: 0, length: layer.size, before: [], after: [], digest: layer.digest };
}

/**
 * The parts to fetch for some files of one layer: the file itself where it is the only one and the layer's digest can be
 * put together around it; single files whose digests the image pins, where that is less than the layer; else the layer.
 */
export function partsOf(listing: LayerListing, files: readonly Wanted[]): PlannedPart[] {
  const { layer } = listing;
  const alone = fileAlone(listing, files);
  if (alone !== undefined) return [alone];
  const singles = listing.compressed ? undefined : singleFiles(listing, files);
  const bytes = singles?.reduce((sum, { part }) => sum + part.length + REQUEST_BYTES, 0) ?? Infinity;
  if (singles !== undefined && bytes < layer.size) return singles;
  return [{ part: wholeLayer(layer), is: 'layer', files, listing }];
}

/** The one file of a layer; undefined where it is not alone, or not enough is known of the layer. */
function fileAlone(listing: LayerListing, files: readonly Wanted[]): PlannedPart | undefined {
  const only = onlyFile(listing);
  const [file] = files;
  if (listing.compressed || only === undefined || file?.entry.offset !== only.offset) return undefined;
  const around = aroundFile(listing.frame, only);
  if (around === undefined) return undefined;
  const { layer } = listing;
  const part: Part = {
    title: file.path,
    blob: layer,
    from: only.offset,
    length: only.size,
    ...around,
    digest: layer.digest,
  };
  return { part, is: 'file', files: [file], listing };
}

/** undefined where the image does not pin all of them. */
function singleFiles(listing: LayerListing, files: readonly Wanted[]): PlannedPart[] | undefined {
  const { layer } = listing;
  const parts = files.flatMap((file): PlannedPart[] => {
    const { digest, offset: from, size: length } = file.entry;
    if (digest === undefined) return [];
    const part: Part = { title: file.path, blob: layer, from, length, before: [], after: [], digest };
    return [{ part, is: 'file', files: [file], listing }];
  });
  return parts.length === files.length ? parts : undefined;
}

/** The known bytes before and after the only content of a tar. */
function aroundFile(
  frame: readonly Stretch[] | undefined,
  file: Listed,
): { before: readonly Uint8Array[]; after: readonly Uint8Array[] } | undefined {
  if (frame === undefined) return undefined;
  const at = frame.findIndex((each) => 'member' in each && each.member.offset === file.offset);
  if (at < 0) return file.size === 0 ? { before: knownOf(frame), after: [] } : undefined;
  return { before: knownOf(frame.slice(0, at)), after: knownOf(frame.slice(at + 1)) };
}

function knownOf(stretches: readonly Stretch[]): Uint8Array[] {
  return stretches.flatMap((each) => ('bytes' in each ? [each.bytes] : []));
}
