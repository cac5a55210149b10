import { expect } from 'vitest';
import { get, kubectl, wait } from '../cluster/kubectl.ts';
import { freeze, thaw } from '../cluster/proc.ts';
import { describeCluster, it } from './support/cluster.ts';

interface Nodes {
  readonly items: readonly { readonly status: { readonly nodeInfo: { readonly kubeletVersion: string } } }[];
}

describeCluster('the cluster', [], (cluster) => {
  it('has a ready node', async () => {
    const said = await kubectl(cluster, ['wait', 'node', '--all', '--for=condition=Ready', '--timeout=10s']);
    expect(said).toMatch(/^node\/\S+ condition met$/m);
  });
});

describeCluster('the cluster of this machine', ['node'], (cluster) => {
  it('is of the Kubernetes that its module names', async () => {
    const { items } = await get<Nodes>(cluster, ['nodes']);
    expect(items.map((node) => node.status.nodeInfo.kubeletVersion)).toEqual([
      expect.stringMatching(/^v1\.37\./),
    ]);
  });

  it('loses a node whose kubelet stops, and has it back when it goes on', async () => {
    const node = `node/${cluster.node.name}`;
    freeze(cluster.node.kubelet);
    try {
      await wait(cluster, node, 'condition=Ready=Unknown');
    } finally {
      thaw(cluster.node.kubelet);
    }
    await wait(cluster, node, 'condition=Ready');
  });
});
