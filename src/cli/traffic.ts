import type { ModelVersionStatus } from '../api/modelversion.ts';
import { formatBytes } from '../telemetry/format.ts';

/** What a build read and sent, as far as its builder tells: `read 1.2 GB, sent 0 B, reused 1.2 GB`. */
export function trafficText({
  source,
  read,
  sent,
  reused,
}: NonNullable<ModelVersionStatus['bytes']>): string {
  const known = Object.entries({ read, sent, reused }).flatMap(([word, bytes]) =>
    bytes === undefined ? [] : [`${word} ${formatBytes(bytes)}`],
  );
  return known.length > 0 ? known.join(', ') : `model of ${formatBytes(source)}`;
}
