import { ApiClient } from '../kube/api-client.ts';
import type { ClusterChoice } from '../kube/kubeconfig.ts';
import { findCluster } from '../kube/kubeconfig.ts';
import { Transport } from '../kube/transport.ts';
import { explained } from './explained.ts';

/** Whom fields belong to that were written from the command line. */
const FIELD_MANAGER = 'stowage-cli';

/** A cluster that can be spoken to. */
export interface Remote {
  readonly api: Pick<
    ApiClient,
    'get' | 'list' | 'watch' | 'apply' | 'mergePatch' | 'delete' | 'logs' | 'nodeSummary'
  >;
  /** For messages: the name of the context. */
  readonly name: string;
  /** Where objects are looked for that name no namespace. */
  readonly namespace: string;
}

/**
 * Speaks to the cluster of a kubeconfig, or to the one that this process runs in, for as long as `work` takes.
 * @throws KubeconfigInvalid, and what `work` throws
 */
export async function connected<T>(choice: ClusterChoice, work: (remote: Remote) => Promise<T>): Promise<T> {
  const cluster = await findCluster(choice);
  const transport = new Transport(cluster, FIELD_MANAGER);
  const api = new ApiClient(transport, { fieldManager: FIELD_MANAGER });
  try {
    return await work({ api, name: cluster.name, namespace: cluster.namespace });
  } catch (error) {
    throw explained(error, cluster.name);
  } finally {
    await transport.close();
  }
}
