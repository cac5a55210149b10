import { writeFile } from 'node:fs/promises';
import { CONTROLLER_NAME } from '../../../src/api/installation.ts';
import { controllerRights } from '../../../src/install/rbac.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { kubectl } from '../../cluster/kubectl.ts';

/** Where a controller of these tests has its Lease. */
const NAMESPACE = 'default';
const manifests = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: controllerRights(NAMESPACE) });

interface Config {
  readonly clusters: readonly object[];
}

/** Makes the controller's account with the rights that it is installed with, and writes a kubeconfig for it. */
export async function createAccount(cluster: Cluster, kubeconfig: string): Promise<void> {
  await kubectl(cluster, ['apply', '--server-side', '-f', '-'], { input: manifests });
  const token = await kubectl(cluster, ['create', 'token', CONTROLLER_NAME], { namespace: NAMESPACE });
  const admin = JSON.parse(
    await kubectl(cluster, ['config', 'view', '--raw', '--minify', '-o', 'json']),
  ) as Config & { contexts: readonly { readonly context: { readonly cluster: string } }[] };
  const context = { cluster: admin.contexts[0]?.context.cluster, user: 'account' };
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', clusters: admin.clusters, 'current-context': 'account' },
    contexts: [{ name: 'account', context }],
    users: [{ name: 'account', user: { token: token.trim() } }],
  };
  await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 }); // JSON is YAML
}

export async function removeAccount(cluster: Cluster): Promise<void> {
  await kubectl(cluster, ['delete', '--ignore-not-found', '-f', '-'], { input: manifests });
}
