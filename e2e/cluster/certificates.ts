import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { run } from './run.ts';
import type { Workspace } from './workspace.ts';

/** Paths of PEM files. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  /** Signs the others. */
  readonly authority: KeyPair;
  /** The API server's own. */
  readonly server: KeyPair;
  /** What the API server shows to kubelets. */
  readonly kubeletClient: KeyPair;
  /** Signs the tokens of service accounts. No certificate belongs to it. */
  readonly serviceAccounts: { readonly privateKey: string; readonly publicKey: string };
}

/** Longer than anybody leaves a test cluster running. */
const DAYS = '365';

/** Keys and certificates for one cluster, made by openssl 3: Node.js can make keys, but no certificates. */
export async function createCertificates(
  workspace: Workspace,
  names: readonly string[],
): Promise<Certificates> {
  const authority = await certificate(
    workspace,
    'ca',
    ['/CN=stowage e2e'],
    ['basicConstraints=critical,CA:TRUE'],
  );
  const signed = (name: string, subject: string, ...extensions: string[]): Promise<KeyPair> => {
    const by = ['-CA', authority.cert, '-CAkey', authority.key];
    return certificate(
      workspace,
      name,
      [subject, ...by],
      ['basicConstraints=critical,CA:FALSE', ...extensions],
    );
  };
  const [server, kubeletClient, serviceAccounts] = await Promise.all([
    signed(
      'apiserver',
      '/CN=kube-apiserver',
      'extendedKeyUsage=serverAuth',
      `subjectAltName=${names.join(',')}`,
    ),
    signed(
      'kubelet-client',
      '/O=system:masters/CN=kube-apiserver-kubelet-client',
      'extendedKeyUsage=clientAuth',
    ),
    serviceAccountKeys(workspace),
  ]);
  return { authority, server, kubeletClient, serviceAccounts };
}

/** Signed by itself, or by the `-CA` that follows the subject. */
async function certificate(
  workspace: Workspace,
  name: string,
  [subject = '', ...signer]: readonly string[],
  extensions: readonly string[],
): Promise<KeyPair> {
  const pair = { cert: workspace.path(`${name}.crt`), key: workspace.path(`${name}.key`) };
  await run('openssl', [
    ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', DAYS],
    ...['-subj', subject, ...signer, '-keyout', pair.key, '-out', pair.cert],
    ...extensions.flatMap((extension) => ['-addext', extension]),
  ]);
  return pair;
}

async function serviceAccountKeys(workspace: Workspace): Promise<Certificates['serviceAccounts']> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const paths = { privateKey: workspace.path('accounts.key'), publicKey: workspace.path('accounts.pub') };
  await writeFile(paths.privateKey, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  await writeFile(paths.publicKey, publicKey.export({ type: 'spki', format: 'pem' }));
  return paths;
}
