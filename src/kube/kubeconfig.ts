import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { StowageError } from '../errors.ts';
import { SYSTEM_CLOCK, type Clock } from './clock.ts';
import type { Cluster, CredentialSource } from './cluster.ts';
import { loadParts, type CredentialParts, type Part } from './credential-files.ts';
import { askPlugin } from './exec-plugin.ts';
import { impersonation } from './impersonation.ts';
import { inCluster, runsInCluster, SERVICE_ACCOUNT_DIRECTORY } from './in-cluster.ts';
import { currentContext, entryOf, readKubeconfigs } from './kubeconfig-files.ts';
import { CLUSTER, CONTEXT, USER, type ClusterConfig, type UserConfig } from './kubeconfig-schema.ts';
import { checkedProxy, proxyFor } from './proxy.ts';
import { RenewedCredentials } from './renewed-credentials.ts';

export interface ClusterChoice {
  /** KUBECONFIG, HOME, the proxies, and what credential plugins are started with. */
  readonly env: NodeJS.ProcessEnv;
  /** A kubeconfig to use instead of those in KUBECONFIG. */
  readonly kubeconfig?: string | undefined;
  /** Default: the kubeconfig's current one. */
  readonly context?: string | undefined;
  /** Whether a person sits at the terminal, whom a credential plugin may ask. Default: false. */
  readonly terminal?: boolean;
  /** Default: where the kubelet mounts it. */
  readonly serviceAccount?: string;
  readonly clock?: Clock;
}

/**
 * Finds the cluster to speak to: the given kubeconfig, else that of KUBECONFIG, else the cluster this process runs in,
 * else ~/.kube/config. A context that is asked for is always one of a kubeconfig.
 * @throws KubeconfigInvalid
 */
export async function findCluster(choice: ClusterChoice): Promise<Cluster> {
  const { env, clock = SYSTEM_CLOCK, serviceAccount = SERVICE_ACCOUNT_DIRECTORY } = choice;
  const named = choice.kubeconfig ?? env.KUBECONFIG ?? '';
  if (named === '' && choice.context === undefined && runsInCluster(env, serviceAccount))
    return inCluster(env, serviceAccount, clock);
  const listed =
    choice.kubeconfig === undefined ? named.split(delimiter).filter((path) => path !== '') : [named];
  const paths = listed.length > 0 ? listed : [join(env.HOME ?? homedir(), '.kube', 'config')];
  return fromKubeconfigs(paths, choice, clock);
}

async function fromKubeconfigs(
  paths: readonly string[],
  choice: ClusterChoice,
  clock: Clock,
): Promise<Cluster> {
  const files = await readKubeconfigs(paths.map((path) => resolve(path)));
  const name = choice.context ?? currentContext(files);
  if (name === undefined)
    throw new StowageError('KubeconfigInvalid', 'the kubeconfig has no current context', {
      hint: 'choose one with --context, or with: kubectl config use-context NAME',
    });
  const context = entryOf(files, 'context', CONTEXT, name).value;
  const cluster = entryOf(files, 'cluster', CLUSTER, context.cluster);
  const user =
    context.user === undefined
      ? { value: {}, path: cluster.path }
      : entryOf(files, 'user', USER, context.user);
  const server = serverOf(cluster.value, name);
  const named = cluster.value['proxy-url'];
  return {
    name,
    server,
    namespace: context.namespace ?? 'default',
    proxy: named === undefined ? proxyFor(server, choice.env) : checkedProxy(named),
    tlsServerName: cluster.value['tls-server-name'],
    insecure: cluster.value['insecure-skip-tls-verify'] ?? false,
    impersonate: impersonation(user.value),
    credentials: credentialsOf(cluster, user, choice, clock),
  };
}

interface Entry<T> {
  readonly value: T;
  /** The file that it stands in. */
  readonly path: string;
}

function credentialsOf(
  cluster: Entry<ClusterConfig>,
  user: Entry<Partial<UserConfig>>,
  choice: ClusterChoice,
  clock: Clock,
): CredentialSource {
  const ca = partOf(cluster, 'certificate-authority');
  const { exec, 'auth-provider': legacy } = user.value;
  if (legacy !== undefined)
    throw new StowageError(
      'KubeconfigInvalid',
      `the kubeconfig asks for the auth provider ${JSON.stringify(legacy.name)}, which Kubernetes gave up in 1.26`,
      { hint: 'use the credential plugin of your provider (users[].user.exec)' },
    );
  if (exec === undefined) return new RenewedCredentials(() => loadParts(partsOf(ca, user)), clock);
  const call = {
    ...{ exec, file: user.path, env: choice.env, terminal: choice.terminal ?? false },
    cluster: execCluster(cluster.value),
  };
  const load = async () => askPlugin(call, (await loadParts({ ca })).credential, clock);
  return new RenewedCredentials(load, clock);
}

function partsOf(ca: Part, user: Entry<Partial<UserConfig>>): CredentialParts {
  const { token, tokenFile, username, password } = user.value;
  const text = token === undefined ? undefined : { text: token };
  return {
    ca,
    cert: partOf(user, 'client-certificate'),
    key: partOf(user, 'client-key'),
    token: tokenFile === undefined ? text : { file: beside(user.path, tokenFile) },
    ...(username === undefined ? {} : { basic: `${username}:${password ?? ''}` }),
  };
}

/** Of a part that is given as a path and as data, the data count. */
function partOf<K extends string>(
  { value, path }: Entry<{ readonly [key in K | `${K}-data`]?: unknown }>,
  name: K,
): Part {
  const data = value[`${name}-data`];
  if (typeof data === 'string') return { text: Buffer.from(data, 'base64').toString('utf8') };
  const file = value[name];
  return typeof file === 'string' ? { file: beside(path, file) } : undefined;
}

function beside(kubeconfig: string, path: string): string {
  return resolve(dirname(kubeconfig), path);
}

function serverOf({ server }: ClusterConfig, context: string): URL {
  const url = URL.parse(server);
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw new StowageError(
    'KubeconfigInvalid',
    `the server of the context ${JSON.stringify(context)} is ${JSON.stringify(server)}, which is no http or https URL`,
  );
}

function execCluster(cluster: ClusterConfig): Record<string, unknown> {
  return {
    server: cluster.server,
    'tls-server-name': cluster['tls-server-name'],
    'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
    'certificate-authority-data': cluster['certificate-authority-data'],
    'proxy-url': cluster['proxy-url'],
  };
}
