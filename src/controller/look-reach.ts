import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  type PersistentVolumeClaim,
  type Pod,
} from '../kube/core.ts';
import { CSI_DRIVERS, CSI_NODES, type CsiNode } from '../kube/csi.ts';
import { listAll, unlessNotFound } from '../kube/reads.ts';
import type { Reader } from './look.ts';
import { canBeAnywhere, type ClaimLook, type DriverLook } from './reach.ts';
import { RecentLooks } from './recent-looks.ts';

/** Milliseconds. Many versions need the same driver, and a large cluster has thousands of nodes. */
const DRIVER_MS = 2_000;
const MAX_DRIVERS = 10;

/** Where CSI drivers are. One that is missing is looked for again. */
export function driverLooks(api: Reader): RecentLooks<DriverLook> {
  return new RecentLooks((name) => lookDriver(api, name), {
    ...{ milliseconds: DRIVER_MS, max: MAX_DRIVERS },
    holds: ({ installed, nodes }) => installed && nodes.length > 0,
  });
}

async function lookDriver(api: Reader, name: string): Promise<DriverLook> {
  const [driver, all] = await Promise.all([
    unlessNotFound(api.get(CSI_DRIVERS, { name })),
    listAll<CsiNode>(api, CSI_NODES, {}),
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
  const pods = await listAll<Pod>(api, PODS, { namespace, fieldSelector: NOT_OVER });
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
