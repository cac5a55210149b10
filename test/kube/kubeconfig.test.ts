import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/kube/cluster.ts';
import { findCluster } from '../../src/kube/kubeconfig.ts';
import { tempDir } from '../support/tempdir.ts';
import { rejectionOf } from '../support/thrown.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const CONFIG = {
  'current-context': 'dev',
  clusters: [
    {
      name: 'dev',
      cluster: { server: 'https://dev.example:6443', 'certificate-authority-data': base64('CA') },
    },
    {
      name: 'prod',
      cluster: {
        server: 'https://prod.example/k8s/',
        'tls-server-name': 'inner',
        'proxy-url': 'socks5://p:1',
      },
    },
  ],
  users: [
    { name: 'token', user: { token: 'secret' } },
    { name: 'basic', user: { username: 'ann', password: 'pw' } },
    { name: 'cert', user: { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') } },
    {
      name: 'as',
      user: { token: 't', as: 'bob', 'as-groups': ['x', 'y'], 'as-user-extra': { 'a/B': ['1'] } },
    },
    { name: 'groups-only', user: { 'as-groups': ['x'] } },
    { name: 'legacy', user: { 'auth-provider': { name: 'gcp' } } },
  ],
  contexts: [
    { name: 'dev', context: { cluster: 'dev', user: 'token', namespace: 'team-a' } },
    { name: 'prod', context: { cluster: 'prod', user: 'cert' } },
    ...['basic', 'as', 'groups-only', 'legacy', 'nobody'].map((user) => ({
      name: user,
      context: { cluster: 'dev', user },
    })),
    { name: 'anonymous', context: { cluster: 'dev' } },
    { name: 'nowhere', context: { cluster: 'none', user: 'token' } },
  ],
};

async function kubeconfig(document: unknown): Promise<string> {
  const path = join(await tempDir(), 'config');
  await writeFile(path, typeof document === 'string' ? document : JSON.stringify(document));
  return path;
}

async function cluster(context?: string): Promise<Cluster> {
  return findCluster({ env: {}, kubeconfig: await kubeconfig(CONFIG), context });
}

describe('findCluster with a kubeconfig', () => {
  it('takes the current context', async () => {
    const found = await cluster();
    expect(found).toMatchObject({ name: 'dev', namespace: 'team-a', insecure: false, proxy: undefined });
    expect(found.server.href).toBe('https://dev.example:6443/');
    expect(await found.credentials.current()).toEqual({ ca: 'CA', authorization: 'Bearer secret' });
  });

  it('takes the context that is asked for, with its certificate and proxy', async () => {
    const found = await cluster('prod');
    expect(found).toMatchObject({ namespace: 'default', tlsServerName: 'inner', proxy: 'socks5://p:1' });
    expect(await found.credentials.current()).toEqual({ cert: 'CERT', key: 'KEY' });
  });

  it.each([
    ['basic', `Basic ${base64('ann:pw')}`],
    ['anonymous', undefined],
  ])('authorizes the context %s with %s', async (context, authorization) => {
    expect((await (await cluster(context)).credentials.current()).authorization).toBe(authorization);
  });

  it('acts for whom the kubeconfig says', async () => {
    expect((await cluster('as')).impersonate).toEqual({
      'impersonate-user': 'bob',
      'impersonate-group': ['x', 'y'],
      'impersonate-extra-a%2fb': ['1'],
    });
  });

  it.each([
    ['groups-only', /as-groups/],
    ['legacy', /"gcp"/],
    ['nobody', /no user "nobody"/],
    ['nowhere', /no cluster "none"/],
    ['missing', /no context "missing"/],
  ])('refuses the context %s', async (context, message) => {
    const error = await rejectionOf(cluster(context));
    expect(error.code).toBe('KubeconfigInvalid');
    expect(error.message).toMatch(message);
  });

  it.each([
    ['{', /cannot be used/],
    ['- a list', /cannot be used/],
    [
      'clusters: [{name: a, cluster: {server: 1}}]\ncontexts: [{name: a, context: {cluster: a}}]\ncurrent-context: a',
      /server/,
    ],
    [
      'clusters: [{name: a, cluster: {server: "ftp://x"}}]\ncontexts: [{name: a, context: {cluster: a}}]\ncurrent-context: a',
      /ftp/,
    ],
    ['', /no current context/],
    [
      'a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d]',
      /cannot be used/,
    ],
  ])('refuses the file %j', async (text, message) => {
    const error = await rejectionOf(findCluster({ env: {}, kubeconfig: await kubeconfig(text) }));
    expect(error.code).toBe('KubeconfigInvalid');
    expect(error.message).toMatch(message);
  });

  it('shows no secret in an error', async () => {
    const users = [{ name: 'token', user: { token: { hunter2: 'hunter2' } } }];
    const error = await rejectionOf(
      findCluster({ env: {}, kubeconfig: await kubeconfig({ ...CONFIG, users }) }),
    );
    expect(error.message).toContain('token');
    expect(error.message).not.toContain('hunter2');
  });

  it('reads files beside the kubeconfig that names them, and the token again', async () => {
    const directory = await tempDir();
    await Promise.all(
      ['ca', 'cert', 'key', 'token'].map((name) => writeFile(join(directory, name), `${name}\n`)),
    );
    const user = { 'client-certificate': 'cert', 'client-key': 'key', tokenFile: 'token' };
    const document = {
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: { server: 'https://x', 'certificate-authority': 'ca' } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    };
    await writeFile(join(directory, 'config'), JSON.stringify(document));
    const { credentials } = await findCluster({ env: { KUBECONFIG: join(directory, 'config') } });
    const first = await credentials.current();
    expect(first).toEqual({ ca: 'ca\n', cert: 'cert\n', key: 'key\n', authorization: 'Bearer token' });
    expect(await credentials.renew(first)).toBe(false);
    await writeFile(join(directory, 'token'), 'new');
    expect(await credentials.renew(first)).toBe(true);
    expect((await credentials.current()).authorization).toBe('Bearer new');
  });
});

describe('findCluster among several places', () => {
  it('joins the files of KUBECONFIG: the first that names something counts, those that are missing do not', async () => {
    const first = await kubeconfig({
      'current-context': 'dev',
      users: [{ name: 'token', user: { token: 'first' } }],
    });
    const second = await kubeconfig(CONFIG);
    const found = await findCluster({
      env: { KUBECONFIG: ['/nonexistent/config', first, '', second].join(delimiter) },
    });
    expect((await found.credentials.current()).authorization).toBe('Bearer first');
  });

  it('says which file it looked for when there is none', async () => {
    const home = await tempDir();
    const error = await rejectionOf(findCluster({ env: { HOME: home }, serviceAccount: home }));
    expect(error).toMatchObject({ code: 'KubeconfigInvalid' });
    expect(error.message).toContain(join(home, '.kube', 'config'));
  });

  it('takes the cluster it runs in, unless a kubeconfig or a context is named', async () => {
    const serviceAccount = await tempDir();
    const files = { token: 'pod-token\n', 'ca.crt': 'CA', namespace: 'stowage-system\n' };
    for (const [name, text] of Object.entries(files)) await writeFile(join(serviceAccount, name), text);
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443', HOME: serviceAccount };
    const found = await findCluster({ env, serviceAccount });
    expect(found).toMatchObject({ name: 'in-cluster', namespace: 'stowage-system', insecure: false });
    expect(found.server.href).toBe('https://[fd00::1]:6443/');
    expect(await found.credentials.current()).toEqual({ ca: 'CA', authorization: 'Bearer pod-token' });
    const path = await kubeconfig(CONFIG);
    expect((await findCluster({ env: { ...env, KUBECONFIG: path }, serviceAccount })).name).toBe('dev');
    expect((await rejectionOf(findCluster({ env, serviceAccount, context: 'dev' }))).message).toContain(
      '.kube',
    );
  });
});
