import type { PlannedLayer } from '../image/plan.ts';
import { keepsUploads, type Target } from '../oci/target.ts';
import { layerKey } from './layer-key.ts';
import type { Compression } from './layer-source.ts';

/** Cancels the uploads that earlier builds left at the target and that those of these layers cannot go on with. */
export async function cancelLeftovers(
  target: Target,
  layers: readonly PlannedLayer[],
  compression: Compression,
  signal: AbortSignal,
): Promise<void> {
  if (!keepsUploads(target)) return;
  const keys = layers.map((layer) => layerKey(layer, compression)).filter((key) => key !== undefined);
  await target.cancelLeftovers(new Set(keys), signal);
}

/** The image is there: nothing that was remembered on the way to it is of use any more. */
export async function forgetUploads(target: Target, signal: AbortSignal): Promise<void> {
  if (keepsUploads(target)) await target.cancelLeftovers(new Set(), signal);
}

/** What an interrupted build says of the uploads that it left for the next one; nothing where there are none. */
export function leftUploads(target: Target): string {
  if (!keepsUploads(target) || target.unfinished === 0) return '';
  return ' Run it again: the upload goes on where it stopped.';
}
