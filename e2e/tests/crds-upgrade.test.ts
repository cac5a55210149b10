import { expect, it } from 'vitest';
import type { Cluster } from '../cluster/cluster.ts';
import { create, get, kubectl, type KubeObject } from '../cluster/kubectl.ts';
import { describeControlPlane } from './support/control-plane.ts';
import { applyCrds, established, version } from './support/crds.ts';
import { KUBEDL_BUILDABLE, KUBEDL_CRDS, KUBEDL_SAMPLES } from './support/kubedl.ts';

/** What KubeDL has finished, and what it is at. The path of the second is one that our CRD would refuse. */
const FINISHED = [
  {
    ...version('succeeded'),
    status: {
      image: 'jdoe/bert:v1',
      imageBuildPhase: 'ImageBuildSucceeded',
      finishTime: '2021-09-01T08:00:00Z',
      message: 'Image build succeeded.',
    },
  },
  {
    ...version('failed', { storage: { nfs: { server: 'nfs', path: '/exports/../etc' } } }),
    status: { imageBuildPhase: 'ImageBuildFailed', message: 'Image build failed.' },
  },
  {
    ...version('running'),
    status: { image: 'jdoe/bert:v2', imageBuildPhase: 'ImageBuilding' },
  },
];

interface Kept extends KubeObject {
  readonly spec: unknown;
  readonly status: unknown;
}

async function kept(cluster: Cluster): Promise<unknown[]> {
  const { items } = await get<{ items: Kept[] }>(cluster, ['mv']);
  return items.map(({ metadata: { name }, spec, status }) => ({ name, spec, status }));
}

function apply(cluster: Cluster, items: readonly KubeObject[]): Promise<string> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  return kubectl(cluster, ['apply', '-f', '-'], { input });
}

function setStatus(cluster: Cluster, name: string, status: object, ...more: string[]): Promise<string> {
  return kubectl(cluster, ['patch', 'mv', name, '--type=merge', '-p', JSON.stringify({ status }), ...more]);
}

describeControlPlane('the CRDs of a cluster with KubeDL', (cluster) => {
  it('replace them in place, and every object stays as it is', async () => {
    await apply(cluster(), KUBEDL_CRDS);
    await established(cluster());
    await create(cluster(), ...FINISHED);
    const before = await kept(cluster());
    expect(before).toMatchObject([1, 2, 0].map((index) => ({ status: FINISHED[index]?.status })));
    await applyCrds(cluster());
    expect(await kept(cluster())).toEqual(before);
  });

  it('accept its samples, and accept them again', async () => {
    await apply(cluster(), KUBEDL_SAMPLES);
    await apply(cluster(), KUBEDL_SAMPLES);
  });

  it.each(KUBEDL_BUILDABLE)('accept what it could build: $metadata.name', async (object) => {
    await apply(cluster(), [object]);
  });

  it('make a status a part of its own, of objects from before too', async () => {
    await setStatus(cluster(), 'succeeded', { message: 'as KubeDL wrote it' });
    expect(await get(cluster(), ['mv', 'succeeded'])).toMatchObject({ status: FINISHED[0]?.status });
    await setStatus(cluster(), 'succeeded', { message: 'as it is written now' }, '--subresource=status');
    expect(await get(cluster(), ['mv', 'succeeded'])).toMatchObject({
      status: { ...FINISHED[0]?.status, message: 'as it is written now' },
    });
  });

  it('let a status be written where the spec is one that they would refuse', async () => {
    await setStatus(cluster(), 'failed', { message: 'its path has dots' }, '--subresource=status');
    expect(await get(cluster(), ['mv', 'failed'])).toMatchObject({
      status: { message: 'its path has dots' },
    });
    await kubectl(cluster(), ['annotate', 'mv', 'failed', 'model.kubedl.io/retry=1']);
    await kubectl(cluster(), ['delete', 'mv', 'failed', '--timeout=30s']);
  });
});
