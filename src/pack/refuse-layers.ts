import { StowageError } from '../errors.ts';
import type { PlannedLayer } from '../image/plan.ts';
import { registryAt } from '../registry/capabilities.ts';
import { formatBytes } from '../telemetry/format.ts';

/** A shard has a header, and its layer one more; what is left of the limit is for them. */
const SHARD_SHARE = 0.95;

/**
 * Refuses layers that the registry will not take, before the first byte is sent: it would say so after the last.
 * @param host of the registry, `host[:port]`
 * @throws LayerTooLarge
 */
export function refuseLargeLayers(
  layers: readonly Pick<PlannedLayer, 'title' | 'size'>[],
  host: string,
): void {
  const registry = registryAt(host);
  const limit = registry?.maxLayerBytes ?? Infinity;
  const large = layers.filter(({ size }) => size > limit).toSorted((a, b) => b.size - a.size);
  const [largest] = large;
  if (largest === undefined || registry === undefined) return;
  const others = large.length === 1 ? '' : `, and ${large.length - 1} more are too large`;
  const shard = Math.floor((limit * SHARD_SHARE) / 1e9);
  throw new StowageError(
    'LayerTooLarge',
    `the layer ${JSON.stringify(largest.title)} has ${formatBytes(largest.size)}${others}; ${host} takes ${formatBytes(limit)} in a layer`,
    {
      hint: `Save the model in smaller shards, for example with transformers: save_pretrained(..., max_shard_size="${shard}GB"); or push it to a registry that takes larger layers. The limits that are known: ${registry.source}`,
    },
  );
}
