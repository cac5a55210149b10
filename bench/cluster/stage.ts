/** A real cluster with our CRDs, a client of its API server, and the controller as it is shipped. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../../e2e/cluster/cluster.ts';
import { create, kubectl } from '../../e2e/cluster/kubectl.ts';
import { startNode } from '../../e2e/cluster/node.ts';
import type { ClusterWith } from '../../e2e/tests/support/cluster.ts';
import { applyCrds, startController, type Controller } from '../../e2e/tests/support/controller.ts';
import { MODELS_DIRECTORY, policyFor } from '../../e2e/tests/support/versions.ts';
import { bundle } from '../../scripts/bundle.ts';
import { ApiClient } from '../../src/kube/api-client.ts';
import { findCluster } from '../../src/kube/kubeconfig.ts';
import { Transport } from '../../src/kube/transport.ts';
import { MODELS } from '../paths.ts';

export type BenchCluster = ClusterWith<'busybox' | 'registry' | 'node'>;

export interface Stage {
  readonly cluster: BenchCluster;
  readonly api: ApiClient;
  /** A namespace that may read everything below /tmp and push to the cluster's registry. */
  readonly namespace: string;
  /** Starts the controller from the bundle that the image holds. */
  controller(settings?: Readonly<Record<string, object>>): Promise<Controller>;
}

const NAMESPACE = 'bench';
/** The client is no bottleneck of what is measured. */
const RATE = { perSecond: 2_000, burst: 2_000 };

/** Runs work on it, and leaves nothing. */
export async function onStage<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-bench-'));
  const { cluster: started, stop } = await startNode();
  try {
    const cluster = complete(started);
    await bundle(join(directory, 'bundle'));
    await applyCrds(cluster);
    await kubectl(cluster, ['create', 'ns', NAMESPACE]);
    await create(cluster, policyFor(cluster, NAMESPACE, [MODELS_DIRECTORY, MODELS.replace(/\/$/, '')]));
    const found = await findCluster({ env: process.env, kubeconfig: cluster.kubeconfig });
    const transport = new Transport(found, 'stowage-bench');
    const api = new ApiClient(transport, { fieldManager: 'bench', rateLimit: RATE });
    const main = join(directory, 'bundle', 'stowage.js');
    const controller = (settings = {}) => startController(cluster, { settings, main });
    try {
      return await work({ cluster, api, namespace: NAMESPACE, controller });
    } finally {
      await transport.close();
    }
  } finally {
    await stop();
    await rm(directory, { recursive: true, force: true });
  }
}

function complete(cluster: Cluster): BenchCluster {
  const { busybox, registry, node } = cluster;
  if (busybox === undefined || registry === undefined || node === undefined)
    throw new Error('the cluster has no node of its own');
  return { ...cluster, busybox, registry, node };
}
