import { startDistribution } from '../test/support/registries.ts';
import { TRANSIENT } from './paths.ts';

/**
 * Runs `use` with a new, empty distribution registry that stores on disk, given as `host:port`, and wipes it afterwards.
 * Every measured run gets one of its own, so that nothing it sends is there already.
 */
export async function withDistribution<T>(use: (registry: string) => Promise<T>): Promise<T> {
  const registry = await startDistribution({ below: TRANSIENT });
  try {
    return await use(registry.host);
  } finally {
    await registry.stop();
  }
}

/** @throws Error unless the repository has the tag: a push that did not arrive has no time. */
export async function assertPushed(registry: string, repository: string, tag: string): Promise<void> {
  const accept = ['manifest.v1', 'index.v1'].map((kind) => `application/vnd.oci.image.${kind}+json`);
  accept.push('application/vnd.docker.distribution.manifest.v2+json');
  const answer = await fetch(`http://${registry}/v2/${repository}/manifests/${tag}`, {
    headers: { accept: accept.join(', ') },
  });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${repository}:${tag} was not pushed: ${answer.status}`);
}
