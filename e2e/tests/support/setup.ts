import type { TestProject } from 'vitest/node';
import type { Cluster } from '../../cluster/cluster.ts';
import { existingCluster } from '../../cluster/existing.ts';
import { startNode } from '../../cluster/node.ts';
import { nodeUnmet } from '../../cluster/requirements.ts';
import { say, seconds } from '../../cluster/say.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The cluster of this test run, or why there is none. */
    e2e: { readonly cluster: Cluster } | { readonly skipped: string };
  }
}

/** Finds or starts the cluster of a test run. @returns what stops it after the last test */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const existing = await existingCluster(process.env);
  if (existing !== undefined) {
    project.provide('e2e', { cluster: existing });
    return () => Promise.resolve();
  }
  const unmet = nodeUnmet();
  if (unmet !== undefined) {
    if (process.env['CI'] === 'true')
      throw new Error(`no cluster can be started, which CI does not accept: ${unmet}`);
    project.provide('e2e', { skipped: `no cluster: ${unmet}` });
    return () => Promise.resolve();
  }
  const since = Date.now();
  const { cluster, stop } = await startNode();
  say(`the cluster is ready after ${seconds(Date.now() - since)}`);
  project.provide('e2e', { cluster });
  return stop;
}
