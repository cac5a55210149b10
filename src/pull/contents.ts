import { MODEL_DIRECTORY } from '../image/bundle.ts';
import { inParallel } from '../artifact/parallel.ts';
import type { Digest } from '../oci/digest.ts';
import { MEDIA, type Descriptor } from '../oci/manifest.ts';
import type { OpenedImage } from './image.ts';
import { TITLE_ANNOTATION } from '../image/manifest.ts';
import { listLayer, type LayerRequest } from './list-layer.ts';
import type { LayerListing } from './layer-listing.ts';
import { ListingBudget } from './listing-budget.ts';
import { listingOf, pinnedLists, type PinnedLists } from './pinned-lists.ts';
import { mergeLayers, type Placed } from './tree.ts';

/** What lies in an image. */
export interface ImageContents {
  /** In the image's order. */
  readonly layers: readonly LayerListing[];
  /** Files and links, as a runtime shows them, sorted by path. */
  readonly entries: readonly Placed[];
}

export interface ListOptions {
  /** The lists that the image pins, where they were found already. */
  readonly pinned?: PinnedLists;
  /** How a layer is listed that the image pins no list of. Default: listLayer */
  readonly list?: (request: LayerRequest) => Promise<LayerListing>;
}

/** Lists the files of an image without reading contents that need not be read. @throws what listLayer throws */
export async function listImage(
  image: OpenedImage,
  signal: AbortSignal,
  options: ListOptions = {},
): Promise<ImageContents> {
  const { store, manifest } = image;
  const { pinned = await pinnedLists(image, signal), list = listLayer } = options;
  const first = firstOwnLayer(image);
  const budget = new ListingBudget();
  // One blob may be several layers: it is read once.
  const known = new Map<Digest, Promise<LayerListing>>();
  const layers = await inParallel([...manifest.layers.entries()], signal, async ([index, layer]) => {
    if (index < first) return unlisted(layer, index);
    const listed = pinned.get(layer.digest);
    if (listed !== undefined) return listingOf(layer, index, listed);
    const listing = known.get(layer.digest) ?? list({ store, layer, index, signal, budget });
    known.set(layer.digest, listing);
    return { ...(await listing), layer, index };
  });
  return { layers, entries: mergeLayers(layers) };
}

/** A layer that is not looked into. */
export function unlisted(layer: Descriptor, index: number): LayerListing {
  return { layer, index, compressed: false, members: undefined, strange: [] };
}

/**
 * The layers below our own are those of a base image, which has nothing of the model: no image is built on a base that
 * has. Only our images say so, by annotations of the manifest and the titles of layers.
 */
function firstOwnLayer({ manifest }: OpenedImage): number {
  const isOurs = Object.keys(manifest.annotations ?? {}).some((name) =>
    name.startsWith('org.opencontainers.image.base.'),
  );
  const first = manifest.layers.findIndex(({ annotations }) => annotations?.[TITLE_ANNOTATION] !== undefined);
  return isOurs && first > 0 ? first : 0;
}

/** The model's files in an image and, where there is no directory for them, all files. */
export function modelEntries(entries: readonly Placed[]): {
  readonly root: string;
  readonly entries: readonly Placed[];
} {
  const root = `${MODEL_DIRECTORY}/`;
  const inModel = entries.filter(({ path }) => path.startsWith(root));
  return inModel.length > 0 ? { root, entries: inModel } : { root: '', entries };
}

/** What a layer is called that is not compressed; the second name is Docker's. */
const PLAIN: readonly string[] = [MEDIA.layer, 'application/vnd.docker.image.rootfs.diff.tar'];

/** The layers that are compressed by their types, without those of a base. */
export function compressedLayers(image: OpenedImage): Descriptor[] {
  return image.manifest.layers
    .slice(firstOwnLayer(image))
    .filter(({ mediaType }) => !PLAIN.includes(mediaType));
}
