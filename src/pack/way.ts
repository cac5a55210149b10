/** How each layer comes to the target: decided by what is known of earlier images, before a byte is read. Pure. */
import type { PlannedLayer } from '../image/plan.ts';
import { MEDIA, type Descriptor } from '../oci/manifest.ts';
import type { ImageStore } from '../oci/target.ts';
import type { RecordedLayer } from '../record/record.ts';
import { reusable, wasWritten, type VerifySource } from '../record/reusable.ts';
import type { Earlier } from './earlier.ts';
import { probableLayer, type Previous } from './previous.ts';

/** A layer that an image in this store has. */
export interface LayerThere {
  readonly layer: Descriptor;
  readonly store: ImageStore;
}

export type Way =
  /** What the layer is is known. It is read only where it cannot be had from a registry. */
  | { readonly how: 'recorded'; readonly layer: RecordedLayer }
  /** It is probably this one: it is hashed, and sent if it is another. */
  | { readonly how: 'hash'; readonly expected: Descriptor }
  /** Samples of both tell which of the two others is cheaper. */
  | { readonly how: 'sample'; readonly like: LayerThere }
  | { readonly how: 'send' };

export interface WayContext {
  /** Of the layers that are planned. */
  readonly mediaType: string;
  /** What the tag points at. */
  readonly tagged: LayersThere | undefined;
  readonly overwrite: boolean;
  readonly earlier: Earlier | undefined;
  readonly verifySource: VerifySource;
}

interface LayersThere {
  readonly image: Previous;
  readonly store: ImageStore;
}

/** A smaller layer is sent as fast as it is looked at: 1 MiB. */
const SAMPLED_FROM_BYTES = 1024 * 1024;

export function wayOf(layer: PlannedLayer, context: WayContext): Way {
  const { earlier, verifySource, mediaType } = context;
  const verify = verifySource === 'none' ? 'none' : 'changed';
  const recorded = earlier?.known && reusable(layer, mediaType, earlier.known, verify);
  if (recorded === undefined) {
    const written = earlier?.known !== undefined && wasWritten(layer, earlier.known.record);
    return written && mayMove(context) ? { how: 'send' } : wayWithout(layer, context);
  }
  if (verifySource !== 'full') return { how: 'recorded', layer: recorded };
  // A tag that may not move says more than a record what the layer has to be.
  return mayMove(context) ? { how: 'hash', expected: recorded } : wayWithout(layer, context);
}

/** The way of a layer that must be read. */
function wayWithout(layer: PlannedLayer, context: WayContext): Way {
  const { mediaType, tagged, earlier } = context;
  const like =
    layerLike(layer, mediaType, tagged) ??
    (mayMove(context) ? layerLike(layer, mediaType, earlier) : undefined);
  if (like === undefined) return { how: 'send' };
  const sampled = mediaType === MEDIA.layer && layer.size >= SAMPLED_FROM_BYTES;
  if (sampled) return { how: 'sample', like };
  return likely(layer, context) ? { how: 'hash', expected: like.layer } : { how: 'send' };
}

function mayMove({ tagged, overwrite }: Pick<WayContext, 'tagged' | 'overwrite'>): boolean {
  return tagged === undefined || overwrite;
}

function layerLike(
  layer: PlannedLayer,
  mediaType: string,
  there: LayersThere | undefined,
): LayerThere | undefined {
  const found = probableLayer(there?.image, layer, mediaType);
  return found === undefined || there === undefined ? undefined : { layer: found, store: there.store };
}

/**
 * Whether a layer that looks like an earlier one is taken for it until it was hashed. Where the tag may not move it has
 * to be; where a record says that its files were touched it is not.
 */
export function likely(
  { title }: PlannedLayer,
  { tagged, overwrite, earlier }: Pick<WayContext, 'tagged' | 'overwrite' | 'earlier'>,
): boolean {
  if (tagged === undefined) return false;
  return !overwrite || earlier?.known?.record.layers.some((layer) => layer.title === title) !== true;
}
