import { onTestFinished } from 'vitest';
import { ApiClient } from '../../../src/kube/api-client.ts';
import type { ApiClientOptions } from '../../../src/kube/api-options.ts';
import type { Cluster } from '../../../src/kube/cluster.ts';
import type { KubeObject } from '../../../src/kube/object.ts';
import type { Resource } from '../../../src/kube/resource.ts';
import { Transport } from '../../../src/kube/transport.ts';

export interface Thing extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** A kind with little in it, which real API servers have as well. */
export const THINGS: Resource<Thing> = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};
export const THINGS_PATH = '/api/v1/configmaps';

/** Connections that end with the running test. */
function transportTo(cluster: Cluster): Transport {
  const transport = new Transport(cluster, 'stowage-test');
  onTestFinished(() => transport.close());
  return transport;
}

/** A client in no hurry to be polite. */
export function clientOf(cluster: Cluster, options: Partial<ApiClientOptions> = {}): ApiClient {
  const rateLimit = { perSecond: 10_000, burst: 10_000 };
  return new ApiClient(transportTo(cluster), { fieldManager: 'stowage-test', rateLimit, ...options });
}
