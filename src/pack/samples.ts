import { createHash } from 'node:crypto';
import type { PlannedLayer } from '../image/plan.ts';
import { StowageError } from '../errors.ts';
import { rangeBytes } from '../oci/range-bytes.ts';
import { givesRanges } from '../oci/target.ts';
import { ChunkFiller } from './chunk-filler.ts';
import { ReadPace } from './read-pace.ts';
import { tarChunks } from './tar-chunks.ts';
import type { LayerThere } from './way.ts';

/** Weights that were trained on differ nearly everywhere, so a few places tell as much as many. */
const SAMPLES = 4;
/** As much as comes along with an answer anyway. */
const SAMPLE_BYTES = 32 * 1024;

/**
 * Whether a layer is probably the one that a store has, by a few samples of both: then it is worth hashing before it is
 * sent. Nothing else follows from it.
 * @returns undefined where the store does not show parts of its blobs
 */
export async function looksLike(
  layer: PlannedLayer,
  { layer: stored, store }: LayerThere,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  if (!givesRanges(store)) return undefined;
  try {
    for (const from of sampledAt(stored.digest, layer.size)) {
      const [there, here] = await Promise.all([
        rangeBytes(store, stored, { from, length: SAMPLE_BYTES }, signal),
        sampleOf(layer, from),
      ]);
      if (!there.equals(here)) return false;
    }
    return true;
  } catch (error) {
    if (signal.aborted || !(error instanceof StowageError) || error.code.startsWith('Artifact')) throw error;
    return undefined;
  }
}

/** Where the samples begin: the same for one layer always, and nowhere that somebody could have chosen. */
function sampledAt(digest: string, size: number): number[] {
  const places = Array.from({ length: SAMPLES }, (_, index) => {
    const hash = createHash('sha256').update(`${digest} ${index}`).digest();
    return Number(hash.readBigUInt64BE() % BigInt(Math.max(1, size - SAMPLE_BYTES)));
  });
  return places.sort((a, b) => a - b);
}

async function sampleOf(layer: PlannedLayer, from: number): Promise<Buffer> {
  // Short reads here and there say nothing of how fast a whole layer can be read.
  const filler = new ChunkFiller({ pace: new ReadPace(), onRead: () => undefined });
  try {
    const chunk = tarChunks(layer, SAMPLE_BYTES, from).next().value;
    return chunk === undefined
      ? Buffer.alloc(0)
      : Buffer.from(await filler.fill(Buffer.alloc(SAMPLE_BYTES), chunk));
  } finally {
    await filler.close();
  }
}
