import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Cluster } from './cluster.ts';
import type { RegistryPlace } from './images.ts';
import { kubectl } from './kubectl.ts';
import { run } from './run.ts';
import { stowageImage } from './stowage-image.ts';

/** Where `stowage manifests` installs the controller. */
export const CONTROLLER_NAMESPACE = 'stowage-system';

export const CHECKOUT = resolve(import.meta.dirname, '../..');
/** A pull, a start and two probes, on a machine that is busy. */
const ROLLOUT_MS = 180_000;

/** What `stowage manifests` prints for this checkout's image. */
export async function manifests(
  cluster: { readonly registry: RegistryPlace },
  settings: Readonly<Record<string, object>>,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-install-'));
  try {
    const file = join(directory, 'settings.yaml');
    await writeFile(file, JSON.stringify(settings)); // JSON is YAML
    const image = await stowageImage(cluster);
    return await run(join(CHECKOUT, 'stowage'), ['manifests', '--image', image, '--settings', file]);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Installs the controller as people do, and comes back when all its pods are ready. */
export async function install(cluster: Cluster, printed: string): Promise<void> {
  await kubectl(cluster, ['apply', '--server-side', '-f', '-'], { input: printed });
  await rolledOut(cluster);
}

/** Waits until as many of the controller's pods are ready as there should be. */
export async function rolledOut(cluster: Cluster): Promise<void> {
  const rollout = ['rollout', 'status', 'deployment/stowage-controller', `--timeout=${ROLLOUT_MS / 1000}s`];
  await kubectl(cluster, rollout, { namespace: CONTROLLER_NAMESPACE, timeoutMs: ROLLOUT_MS + 5_000 });
}
