import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultApiServer, type FaultApiServer } from '../kube/support/fault-api-server.ts';
import { runStowage, type Run, type RunOptions } from './stowage.ts';
import { tempDir } from './tempdir.ts';

export interface ClusterDesk {
  readonly root: string;
  readonly server: FaultApiServer;
  readonly kubeconfig: string;
  /** Runs the command line there, with a kubeconfig whose contexts are `test` (the current one) and `away`. */
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Run>;
}

/** A directory with a kubeconfig for an API server in this process. */
export async function clusterDesk(): Promise<ClusterDesk> {
  const [root, server] = await Promise.all([tempDir(), faultApiServer()]);
  const kubeconfig = join(root, 'kubeconfig');
  const cluster = (name: string, url: string): object => ({ name, cluster: { server: url } });
  const context = (name: string): object => ({ name, context: { cluster: name, namespace: 'team-a' } });
  const document = {
    'current-context': 'test',
    // Nobody listens on the port of "discard".
    clusters: [cluster('test', server.url.href), cluster('away', 'http://127.0.0.1:9')],
    contexts: [context('test'), context('away')],
  };
  writeFileSync(kubeconfig, JSON.stringify(document));
  const env = { KUBECONFIG: kubeconfig, STOWAGE_STATE: join(root, 'state') };
  return {
    ...{ root, server, kubeconfig },
    run: (args, options = {}) => runStowage(args, { cwd: root, ...options, env: { ...env, ...options.env } }),
  };
}
