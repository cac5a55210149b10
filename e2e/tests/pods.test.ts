import { expect } from 'vitest';
import { create, kubectl } from '../cluster/kubectl.ts';
import { describeCluster, it } from './support/cluster.ts';
import { podOf, RESTRICTED, runPod } from './support/pods.ts';

describeCluster('a pod', ['busybox'], (cluster) => {
  const image = cluster.busybox;

  it('runs, and what it says can be read', async ({ namespace }) => {
    const end = await runPod(cluster, { name: 'talks', namespace, image, script: 'echo said by the pod' });
    expect(end).toEqual({ phase: 'Succeeded', reason: 'Completed', log: 'said by the pod\n' });
  });

  it('that takes more memory than its limit is killed, and its status says so', async ({ namespace }) => {
    const end = await runPod(cluster, {
      ...{ name: 'eats', namespace, image, script: 'tail /dev/zero' },
      container: { resources: { limits: { memory: '16Mi' } } },
    });
    expect(end).toMatchObject({ phase: 'Failed', reason: 'OOMKilled' });
  });

  it('that asks for space on the disk is scheduled', async ({ namespace }) => {
    const end = await runPod(cluster, {
      ...{ name: 'stores', namespace, image, script: 'true' },
      container: { resources: { requests: { 'ephemeral-storage': '1Mi' } } },
    });
    expect(end.phase).toBe('Succeeded');
  });
});

describeCluster('Pod Security "restricted"', ['busybox'], (cluster) => {
  const image = cluster.busybox;
  const level = 'pod-security.kubernetes.io/enforce=restricted';

  it('refuses a pod that may be root', async ({ namespace }) => {
    await kubectl(cluster, ['label', 'namespace', namespace, level]);
    const pod = podOf({ name: 'root', namespace, image, script: 'id -u' });
    await expect(create(cluster, pod)).rejects.toThrow(/violates PodSecurity "restricted:latest"/);
  });

  it('lets a pod run that gives up what it asks for', async ({ namespace }) => {
    await kubectl(cluster, ['label', 'namespace', namespace, level]);
    const pod = { name: 'nobody', namespace, image, script: 'id -u' };
    const end = await runPod(cluster, { ...pod, container: { securityContext: RESTRICTED } });
    expect(end).toMatchObject({ phase: 'Succeeded', log: '65532\n' });
  });
});
