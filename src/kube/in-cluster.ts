import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, StowageError } from '../errors.ts';
import type { Clock } from './clock.ts';
import type { Cluster } from './cluster.ts';
import { loadParts } from './credential-files.ts';
import { proxyFor } from './proxy.ts';
import { RenewedCredentials } from './renewed-credentials.ts';

/** Where the kubelet mounts what a pod needs to speak to the API server. */
export const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Whether this process runs in a pod that may speak to its cluster. */
export function runsInCluster(env: NodeJS.ProcessEnv, directory: string): boolean {
  return Boolean(env.KUBERNETES_SERVICE_HOST) && existsSync(join(directory, 'token'));
}

/**
 * The cluster that this pod runs in, as its service account
 * (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/).
 * @throws KubeconfigInvalid
 */
export async function inCluster(env: NodeJS.ProcessEnv, directory: string, clock: Clock): Promise<Cluster> {
  const server = serverOf(env);
  const parts = { ca: { file: join(directory, 'ca.crt') }, token: { file: join(directory, 'token') } };
  return {
    name: 'in-cluster',
    server,
    namespace: await namespaceOf(directory),
    proxy: proxyFor(server, env),
    tlsServerName: undefined,
    insecure: false,
    impersonate: {},
    credentials: new RenewedCredentials(() => loadParts(parts), clock),
  };
}

function serverOf({
  KUBERNETES_SERVICE_HOST: host = '',
  KUBERNETES_SERVICE_PORT: port = '443',
}: NodeJS.ProcessEnv): URL {
  const name = host.includes(':') ? `[${host}]` : host;
  if (!URL.canParse(`https://${name}:${port}`))
    throw new StowageError(
      'KubeconfigInvalid',
      `KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are ${JSON.stringify(`${host}:${port}`)}, which is no address`,
    );
  return new URL(`https://${name}:${port}`);
}

async function namespaceOf(directory: string): Promise<string> {
  try {
    return (await readFile(join(directory, 'namespace'), 'utf8')).trim();
  } catch (error) {
    throw new StowageError(
      'KubeconfigInvalid',
      `the namespace of this pod cannot be read: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}
