import { afterAll, beforeAll, describe } from 'vitest';
import type { Cluster } from '../../cluster/cluster.ts';
import { startControlPlane } from '../../cluster/control-plane.ts';
import { controlPlaneUnmet } from '../../cluster/requirements.ts';

/**
 * A describe() with an API server of its own, for tests that change what belongs to a whole cluster. Skipped with the
 * reason where none can be started.
 */
export function describeControlPlane(title: string, tests: (cluster: () => Cluster) => void): void {
  const unmet = controlPlaneUnmet();
  const why = unmet === undefined ? '' : ` (skipped: ${unmet})`;
  describe.skipIf(unmet !== undefined)(`${title}${why}`, () => {
    let own: Awaited<ReturnType<typeof startControlPlane>> | undefined;
    beforeAll(async () => {
      own = await startControlPlane({ controllers: false });
    });
    afterAll(() => own?.stop());
    tests(() => {
      if (own === undefined) throw new Error('asked for before the tests');
      return own.cluster;
    });
  });
}
