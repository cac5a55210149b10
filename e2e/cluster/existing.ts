import { findTool } from '../../test/support/tools.ts';
import type { Cluster } from './cluster.ts';
import { pushBusybox, type RegistryPlace } from './images.ts';
import { kubectl } from './kubectl.ts';
import { readUp } from './up-state.ts';

/** What of the environment chooses a cluster that is there already. */
export interface Environment {
  readonly KUBECONFIG?: string;
  /** `host:port`, `host:port/prefix` or, for plain HTTP, `http://host:port`: reached by this machine and by the nodes. */
  readonly STOWAGE_E2E_REGISTRY?: string;
}

/**
 * The cluster that KUBECONFIG names (kind, a cloud's), or undefined when it names none. This machine is not its node,
 * so tests of a node's files are skipped, and those that need images as well where no registry is named. Nothing is
 * skipped when it is the one that `up.ts --cluster-only` has started here.
 * @throws Error where a controller runs in it: tests bring their own, and remove it
 */
export async function existingCluster(env: Environment): Promise<Cluster | undefined> {
  if (env.KUBECONFIG === undefined || env.KUBECONFIG === '') return undefined;
  const up = readUp();
  const cluster =
    up?.cluster.kubeconfig === env.KUBECONFIG ? up.cluster : await foreignCluster(env.KUBECONFIG, env);
  const controllers = ['get', 'deployments', '-A', '-l', 'app.kubernetes.io/name=stowage', '-o', 'name'];
  if ((await kubectl(cluster, controllers)) === '') return cluster;
  throw new Error(
    'Stowage is installed in the cluster of KUBECONFIG, and tests bring a controller themselves: take another cluster, such as that of "npm run e2e:up -- --cluster-only"',
  );
}

async function foreignCluster(kubeconfig: string, env: Environment): Promise<Cluster> {
  const program = findTool('kubectl');
  if (program === undefined) throw new Error('KUBECONFIG is set, and kubectl is not on the PATH');
  const registry = registryPlace(env.STOWAGE_E2E_REGISTRY);
  const busybox = registry === undefined ? undefined : await pushBusybox(registry);
  return { kubeconfig, kubectl: [program], registry, busybox, node: undefined };
}

/** Undefined when none is named. */
export function registryPlace(value = ''): RegistryPlace | undefined {
  const [, scheme = '', host = ''] = /^(https?:\/\/)?(.*?)\/?$/.exec(value) ?? [];
  return host === '' ? undefined : { host, plainHttp: scheme === 'http://' };
}
