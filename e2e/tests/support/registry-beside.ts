import { onTestFinished } from 'vitest';
import { LOGIN, startDistribution, type DistributionOptions } from '../../../test/support/registries.ts';
import { kubectl } from '../../cluster/kubectl.ts';
import type { ClusterWith } from './cluster.ts';

type Site = ClusterWith<'node'>;

/** Starts a registry beside the cluster's own, that pods reach too; it ends with the test. @returns its `host:port` */
export async function registryBeside({ node }: Site, options: DistributionOptions): Promise<string> {
  const registry = await startDistribution({ ...options, address: node.hostAddress });
  onTestFinished(() => registry.stop());
  return registry.host;
}

/** Makes a Secret with the login of such a registry, with this password. */
export async function loginSecret(
  cluster: Site,
  namespace: string,
  name: string,
  { host, password }: { readonly host: string; readonly password: string },
): Promise<void> {
  const login = [`--docker-username=${LOGIN.username}`, `--docker-password=${password}`];
  const call = ['create', 'secret', 'docker-registry', name, `--docker-server=${host}`, ...login];
  await kubectl(cluster, call, { namespace });
}
