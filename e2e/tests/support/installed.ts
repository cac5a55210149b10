import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runStowage } from '../../../test/support/stowage.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { get, kubectl } from '../../cluster/kubectl.ts';
import { processId, type ProcessId } from '../../cluster/proc.ts';
import { stowageImage } from '../../cluster/stowage-image.ts';
import { until } from '../../cluster/until.ts';
import type { ClusterWith } from './cluster.ts';

/* The controller as people run it: its own manifests, its own image, its own account. */

/** Where `stowage manifests` installs it. */
export const NAMESPACE = 'stowage-system';
/** A pull, a start and two probes, on a machine that is busy. */
const ROLLOUT_MS = 180_000;
/** Longer than a lease that nobody gives back. */
const ELECTION_MS = 90_000;

interface PodList {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

interface Lease {
  readonly spec: { readonly holderIdentity?: string };
}

/** The manifests, as `stowage manifests` prints them. */
export async function manifests(
  cluster: ClusterWith<'registry'>,
  settings: Readonly<Record<string, object>> = {},
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-install-'));
  try {
    const file = join(directory, 'settings.yaml');
    await writeFile(file, JSON.stringify(settings)); // JSON is YAML
    const image = await stowageImage(cluster);
    const { code, stdout, stderr } = await runStowage(['manifests', '--image', image, '--settings', file]);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Installs it, and comes back when all its pods are ready. */
export async function install(cluster: Cluster, input: string): Promise<void> {
  await kubectl(cluster, ['apply', '--server-side', '-f', '-'], { input });
  await rolledOut(cluster);
}

/** Waits until as many pods are ready as there should be. */
export async function rolledOut(cluster: Cluster): Promise<void> {
  const rollout = ['rollout', 'status', 'deployment/stowage-controller', `--timeout=${ROLLOUT_MS / 1000}s`];
  await kubectl(cluster, rollout, { namespace: NAMESPACE, timeoutMs: ROLLOUT_MS + 5_000 });
}

/** Its pods by name. */
export async function controllerPods(cluster: Cluster): Promise<string[]> {
  const { items } = await get<PodList>(cluster, ['pods'], NAMESPACE);
  return items.map(({ metadata }) => metadata.name);
}

/** Waits until one of its pods leads, another than `other`. @returns its name */
export async function leader(cluster: Cluster, other?: string): Promise<string> {
  return until({ what: 'a leader', timeoutMs: ELECTION_MS, everyMs: 200 }, async () => {
    const { spec } = await get<Lease>(cluster, ['lease', 'stowage-controller'], NAMESPACE);
    const { holderIdentity = '' } = spec;
    const leads = holderIdentity !== other && (await controllerPods(cluster)).includes(holderIdentity);
    return leads && (await scrape(cluster, holderIdentity)).get('stowage_leader') === 1
      ? holderIdentity
      : undefined;
  });
}

/** What a pod's metrics say: values by series. */
export async function scrape(cluster: Cluster, pod: string): Promise<ReadonlyMap<string, number>> {
  const path = `/api/v1/namespaces/${NAMESPACE}/pods/${pod}:8080/proxy/metrics`;
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
