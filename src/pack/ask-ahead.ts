import type { Digest } from '../oci/digest.ts';
import type { Target } from '../oci/target.ts';
import type { RecordedLayer } from '../record/record.ts';
import { places, runPool } from './pool.ts';
import type { Way } from './way.ts';

/** Such a question costs a server next to nothing, and the way there and back as much as any other. */
const QUESTIONS = 16;

/** Which of the layers that are known without being read the target has. They are asked for at once, before anything is sent. */
export async function askAhead(
  target: Target,
  ways: readonly Way[],
  signal: AbortSignal,
): Promise<ReadonlySet<Digest>> {
  const recorded = ways.flatMap((way): RecordedLayer[] => (way.how === 'recorded' ? [way.layer] : []));
  const there = new Set<Digest>();
  await runPool<RecordedLayer>(recorded, places(QUESTIONS), signal, async ({ digest, size }, within) => {
    if (await target.hasBlob(digest, within, size)) there.add(digest);
  });
  return there;
}
