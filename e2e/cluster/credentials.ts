import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { Certificates } from './certificates.ts';
import type { Workspace } from './workspace.ts';

/** Who talks to the API server, with the groups that Kubernetes' own roles are bound to. */
const IDENTITIES = {
  admin: { user: 'admin', groups: ['system:masters'] },
  controllerManager: { user: 'system:kube-controller-manager', groups: [] },
  scheduler: { user: 'system:kube-scheduler', groups: [] },
  proxy: { user: 'system:kube-proxy', groups: [] },
  node: { user: 'system:node', groups: ['system:nodes'] },
} as const;

export type Identity = keyof typeof IDENTITIES;

export interface Credentials {
  /** What the API server reads as `--token-auth-file`. */
  readonly tokenFile: string;
  readonly tokens: Readonly<Record<Identity, string>>;
  /** Paths of a kubeconfig for each. */
  readonly kubeconfigs: Readonly<Record<Identity, string>>;
}

/** Tokens and kubeconfigs for all who use the API server at `server` (a URL). */
export async function createCredentials(
  workspace: Workspace,
  certificates: Certificates,
  server: string,
  nodeName: string,
): Promise<Credentials> {
  const authority = await readFile(certificates.authority.cert);
  const names = Object.keys(IDENTITIES) as Identity[];
  const tokens = perIdentity(() => randomBytes(16).toString('hex'));
  const kubeconfigs = perIdentity((name) => workspace.path(`${name}.kubeconfig`));
  const tokenFile = workspace.path('tokens.csv');
  await writeFile(tokenFile, names.map((name) => tokenLine(name, tokens[name], nodeName)).join(''), {
    mode: 0o600,
  });
  for (const name of names) {
    const config = kubeconfig(server, authority.toString('base64'), tokens[name]);
    await writeFile(kubeconfigs[name], JSON.stringify(config), { mode: 0o600 }); // JSON is YAML
  }
  return { tokenFile, tokens, kubeconfigs };
}

function perIdentity(make: (name: Identity) => string): Record<Identity, string> {
  return {
    admin: make('admin'),
    controllerManager: make('controllerManager'),
    scheduler: make('scheduler'),
    proxy: make('proxy'),
    node: make('node'),
  };
}

/** token,user,uid,"group,group": https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file */
function tokenLine(name: Identity, token: string, nodeName: string): string {
  const { user, groups } = IDENTITIES[name];
  const full = name === 'node' ? `${user}:${nodeName}` : user;
  return `${token},${full},${name},"${groups.join(',')}"\n`;
}

function kubeconfig(server: string, authority: string, token: string): object {
  const [cluster, user] = ['stowage-e2e', 'user'];
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: cluster, context: { cluster, user } }],
    'current-context': cluster,
  };
}
