import { join } from 'node:path';
import type { Access } from './access.ts';
import { apiClient } from './api-client.ts';
import { apiServer, apiServerNames } from './apiserver.ts';
import { kubernetesPrograms } from './build.ts';
import { createCertificates } from './certificates.ts';
import type { Cluster, OwnCluster } from './cluster.ts';
import { TIED_TO_US } from './component.ts';
import { controllerManager } from './controller-manager.ts';
import { createCredentials } from './credentials.ts';
import { etcd } from './etcd.ts';
import { placeOnLoopback, type Place } from './place.ts';
import { processGroup, type ProcessGroup } from './process-group.ts';
import { removeWorkspace } from './sweep.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

/** On a busy machine of 2 cores it has taken 10 s. */
const READY_MS = 90_000;

/**
 * etcd and the API server, ready to be asked.
 * @param programs where Kubernetes' programs lie
 */
export async function startApiServer(
  programs: string,
  workspace: Workspace,
  group: ProcessGroup,
  options: { readonly place: Place; readonly nodeName: string },
): Promise<Access> {
  const { place, nodeName } = options;
  group.start(etcd(programs, workspace, place));
  const certificates = await createCertificates(workspace, apiServerNames(place));
  const server = `https://${place.address}:${place.apiPort}`;
  const credentials = await createCredentials(workspace, certificates, server, nodeName);
  const client = apiClient(server, certificates.authority.cert, credentials.tokens.admin);
  const access = { certificates, credentials, client };
  await group.start(apiServer(programs, place, access)).whenReady(READY_MS);
  return access;
}

/** With its cache in the workspace and not in the home of whoever runs the tests. */
export function ownKubectl(programs: string, workspace: Workspace): Cluster['kubectl'] {
  return [join(programs, 'kubectl'), '--cache-dir', workspace.path('kubectl')];
}

/**
 * An API server for tests of what talks to one: nothing runs pods, and with `controllers: false` nothing acts on
 * objects at all (no garbage collection, no service accounts, namespaces stay in deletion). On free ports of the
 * loopback address, as any user.
 */
export async function startControlPlane(options: { readonly controllers: boolean }): Promise<OwnCluster> {
  const programs = await kubernetesPrograms();
  const workspace = createWorkspace();
  const group = processGroup(workspace, TIED_TO_US);
  const stop = async (): Promise<void> => {
    await group.stop();
    await removeWorkspace(workspace.directory);
  };
  try {
    const place = await placeOnLoopback();
    const access = await startApiServer(programs, workspace, group, { place, nodeName: 'none' });
    if (options.controllers) {
      await group.start(controllerManager(programs, workspace, access)).whenReady(READY_MS);
    }
    await access.client.close();
    const cluster: Cluster = {
      kubeconfig: access.credentials.kubeconfigs.admin,
      kubectl: ownKubectl(programs, workspace),
      registry: undefined,
      busybox: undefined,
      node: undefined,
    };
    return { cluster, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
