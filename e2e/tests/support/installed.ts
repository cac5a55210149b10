import { readdirSync, readFileSync } from 'node:fs';
import type { Cluster } from '../../cluster/cluster.ts';
import { CONTROLLER_NAMESPACE } from '../../cluster/install.ts';
import { get, kubectl } from '../../cluster/kubectl.ts';
import { processId, type ProcessId } from '../../cluster/proc.ts';
import { until } from '../../cluster/until.ts';

/* The controller as people run it: its own manifests, its own image, its own account. */

/** Longer than a lease that nobody gives back. */
const ELECTION_MS = 90_000;

interface PodList {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

interface Lease {
  readonly spec: { readonly holderIdentity?: string };
}

/** Its pods by name. */
export async function controllerPods(cluster: Cluster): Promise<string[]> {
  const { items } = await get<PodList>(cluster, ['pods'], CONTROLLER_NAMESPACE);
  return items.map(({ metadata }) => metadata.name);
}

/** Waits until one of its pods leads, another than `other`. @returns its name */
export async function leader(cluster: Cluster, other?: string): Promise<string> {
  return until({ what: 'a leader', timeoutMs: ELECTION_MS, everyMs: 200 }, async () => {
    const { spec } = await get<Lease>(cluster, ['lease', 'stowage-controller'], CONTROLLER_NAMESPACE);
    const { holderIdentity = '' } = spec;
    const leads = holderIdentity !== other && (await controllerPods(cluster)).includes(holderIdentity);
    return leads && (await scrape(cluster, holderIdentity)).get('stowage_leader') === 1
      ? holderIdentity
      : undefined;
  });
}

/** What a pod's metrics say: values by series. */
export async function scrape(cluster: Cluster, pod: string): Promise<ReadonlyMap<string, number>> {
  const path = `/api/v1/namespaces/${CONTROLLER_NAMESPACE}/pods/${pod}:8080/proxy/metrics`;
  return parseMetrics(await kubectl(cluster, ['get', '--raw', path]));
}

/** Prometheus' text format, as far as counters and gauges need it. */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

/** The process of a controller's pod, as this machine numbers it. */
export function processOf(pod: string): ProcessId {
  const found = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && hasPodName(name, pod));
  const [pid] = found;
  if (pid === undefined || found.length > 1) throw new Error(`${found.length} processes of pod ${pod}`);
  return processId(Number(pid));
}

function hasPodName(pid: string, pod: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`POD_NAME=${pod}`);
  } catch {
    return false; // it has ended
  }
}
