import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  type PersistentVolumeClaim,
  type Pod,
} from '../kube/core.ts';
import { CSI_DRIVERS, CSI_NODES, type CsiNode } from '../kube/csi.ts';
import type { KubeObject } from '../kube/object.ts';
import { Recent } from '../kube/recent.ts';
import type { Resource } from '../kube/resource.ts';
import { unlessNotFound, type Reader } from './look.ts';
import { canBeAnywhere, type ClaimLook, type DriverLook } from './reach.ts';

/** Milliseconds. Many versions need the same driver, and a large cluster has thousands of nodes. */
const DRIVER_MS = 2_000;
const MAX_DRIVERS = 10;

/** Looks where CSI drivers are, and remembers for a moment what it saw. */
export class DriverLooks {
  readonly #api: Reader;
  readonly #seen = new Recent<{ readonly at: number; readonly look: Promise<DriverLook> }>(MAX_DRIVERS);

  constructor(api: Reader) {
    this.#api = api;
  }

  look(driver: string): Promise<DriverLook> {
    const now = performance.now();
    const before = this.#seen.get(driver);
    if (before !== undefined && now - before.at < DRIVER_MS) return before.look;
    const look = lookDriver(this.#api, driver);
    this.#seen.set(driver, { at: now, look });
    // What could not be seen, and what is missing, is looked at again.
    look.then(
      ({ installed, nodes }) => (installed && nodes.length > 0) || this.#seen.delete(driver),
      () => this.#seen.delete(driver),
    );
    return look;
  }
}

async function lookDriver(api: Reader, name: string): Promise<DriverLook> {
  const [driver, all] = await Promise.all([
    unlessNotFound(api.get(CSI_DRIVERS, { name })),
    everything<CsiNode>(api, CSI_NODES, {}),
  ]);
  const having = all.filter(({ spec }) => spec.drivers?.some((each) => each.name === name));
  return {
    installed: driver !== undefined,
    nodes: having.map(({ metadata }) => metadata.name),
    without: all.filter((each) => !having.includes(each)).map(({ metadata }) => metadata.name),
  };
}

/** A claim that exists, its volume, and which nodes have it: asked anew, since pods of others are not followed. */
export async function lookClaim(api: Reader, namespace: string, name: string): Promise<ClaimLook> {
  const claim = await unlessNotFound(api.get(PERSISTENT_VOLUME_CLAIMS, { namespace, name }));
  if (claim === undefined) return { claim: 'missing', holders: [], hostPath: false };
  const [hostPath, holders] = await Promise.all([
    isOnHostPath(api, claim),
    canBeAnywhere(claim) ? [] : holdersOf(api, namespace, name),
  ]);
  return { claim, holders, hostPath };
}

/** A claim without a volume gets one that is empty. */
async function isOnHostPath(api: Reader, { spec }: PersistentVolumeClaim): Promise<boolean> {
  const { volumeName: name = '' } = spec;
  if (name === '') return false;
  const volume = await unlessNotFound(api.get(PERSISTENT_VOLUMES, { name }));
  return volume?.spec['hostPath'] !== undefined;
}

const NOT_OVER = 'status.phase!=Succeeded,status.phase!=Failed';

async function holdersOf(api: Reader, namespace: string, claimName: string): Promise<string[]> {
  const pods = await everything<Pod>(api, PODS, { namespace, fieldSelector: NOT_OVER });
  const nodes = pods.filter((pod) => claimsOf(pod).includes(claimName)).map(({ spec }) => spec.nodeName);
  return [...new Set(nodes.filter((each) => each !== undefined))];
}

/** Names of the claims that a pod has, of those too that Kubernetes makes for it. */
function claimsOf({ metadata, spec: { volumes = [] } }: Pod): string[] {
  return volumes.flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [persistentVolumeClaim.claimName];
    // https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#persistentvolumeclaim-naming
    return ephemeral === undefined ? [] : [`${metadata.name}-${String(name)}`];
  });
}

async function everything<T extends KubeObject>(
  api: Reader,
  resource: Resource<T>,
  selection: { readonly namespace?: string; readonly fieldSelector?: string },
): Promise<T[]> {
  const found: T[] = [];
  for (let from: string | undefined, more = true; more;) {
    const { items, next } = await api.list(resource, { ...selection, from });
    found.push(...items);
    from = next;
    more = next !== undefined;
  }
  return found;
}
