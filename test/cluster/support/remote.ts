import type { ModelVersionObject } from '../../../src/api/resources.ts';
import type { Remote } from '../../../src/cluster/connect.ts';
import { clientOf } from '../../kube/support/client.ts';
import { faultApiServer, plainCluster, type FaultApiServer } from '../../kube/support/fault-api-server.ts';
import { versionWith } from './versions.ts';

export const VERSIONS_PATH = '/apis/model.kubedl.io/v1alpha1/modelversions';
export const KEY = { namespace: 'team-a', name: 'bert-v3' };
export const never = new AbortController().signal;

/** A server in this process, and a way to it. */
export async function remoteServer(): Promise<{ server: FaultApiServer; remote: Remote }> {
  const server = await faultApiServer();
  const remote = { api: clientOf(plainCluster(server.url)), name: 'test', namespace: 'team-a' };
  return { server, remote };
}

/** Makes the version bert-v3, or writes its status, as a controller does. */
export function putVersion(
  server: FaultApiServer,
  status?: ModelVersionObject['status'],
  metadata: Partial<ModelVersionObject['metadata']> = {},
): void {
  server.store(VERSIONS_PATH).put('team-a/bert-v3', versionWith(status, metadata));
}
