import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OwnCluster } from '../cluster/cluster.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import { get, kubectl } from '../cluster/kubectl.ts';
import { controlPlaneUnmet } from '../cluster/requirements.ts';

const unmet = controlPlaneUnmet();

describe.skipIf(unmet !== undefined)(
  `a control plane alone${unmet === undefined ? '' : ` (skipped: ${unmet})`}`,
  () => {
    it('keeps objects, and leaves nothing when it stops', async () => {
      const { cluster, stop } = await startControlPlane({ controllers: false });
      onTestFinished(stop);
      await kubectl(cluster, ['create', 'configmap', 'kept', '--from-literal', 'is=kept']);
      expect(await get(cluster, ['configmap', 'kept'])).toMatchObject({ data: { is: 'kept' } });
      await stop();
      expect(existsSync(dirname(cluster.kubeconfig))).toBe(false);
    });

    it('has controllers on request, two of it side by side', async () => {
      const planes = await Promise.all([1, 2].map(() => startControlPlane({ controllers: true })));
      for (const { stop } of planes) onTestFinished(stop);
      const makeAndDelete = async ({ cluster }: OwnCluster): Promise<void> => {
        await kubectl(cluster, ['create', 'namespace', 'goes']);
        await kubectl(cluster, ['delete', 'namespace', 'goes', '--timeout=30s']);
        await expect(get(cluster, ['namespace', 'goes'])).rejects.toThrow(/NotFound/);
      };
      await Promise.all(planes.map(makeAndDelete));
    });
  },
);
