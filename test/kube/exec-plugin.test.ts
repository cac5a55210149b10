import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CredentialSource } from '../../src/kube/cluster.ts';
import { findCluster } from '../../src/kube/kubeconfig.ts';
import { tempDir } from '../support/tempdir.ts';
import { rejectionOf } from '../support/thrown.ts';
import { ManualClock } from './support/manual-clock.ts';

const V1 = 'client.authentication.k8s.io/v1';

interface Plugin {
  readonly credentials: CredentialSource;
  readonly clock: ManualClock;
  /** What it was told at its last run. */
  readonly info: () => Promise<Record<string, unknown>>;
  readonly runs: () => Promise<number>;
}

/** A kubeconfig whose user is a shell script that prints `output` (shell text; `$runs` is the number of this run). */
async function plugin(output: string, exec: object = {}): Promise<Plugin> {
  const directory = await tempDir();
  await mkdir(join(directory, 'bin'));
  const command = './bin/plugin';
  const script = `#!/bin/sh
cd '${directory}'
printf '%s' "$KUBERNETES_EXEC_INFO" > info
echo run >> runs
runs=$(wc -l < runs | tr -d ' ')
${output}
`;
  await writeFile(join(directory, 'bin/plugin'), script);
  await chmod(join(directory, 'bin/plugin'), 0o755);
  const document = {
    'current-context': 'c',
    clusters: [
      { name: 'c', cluster: { server: 'https://api.example', 'certificate-authority-data': 'Q0E=' } },
    ],
    users: [{ name: 'u', user: { exec: { apiVersion: V1, command, interactiveMode: 'Never', ...exec } } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  };
  await writeFile(join(directory, 'config'), JSON.stringify(document));
  const clock = new ManualClock();
  const env = { PATH: process.env.PATH, KUBECONFIG: join(directory, 'config') };
  const { credentials } = await findCluster({ env, clock });
  return {
    credentials,
    clock,
    info: async () => JSON.parse(await readFile(join(directory, 'info'), 'utf8')) as Record<string, unknown>,
    runs: async () => (await readFile(join(directory, 'runs'), 'utf8')).split('\n').length - 1,
  };
}

const print = (status: string, apiVersion = V1): string =>
  `echo "{\\"apiVersion\\":\\"${apiVersion}\\",\\"kind\\":\\"ExecCredential\\",\\"status\\":${status.replaceAll('"', '\\"')}}"`;

describe('a credential plugin', () => {
  it('is asked once and its token used, with the authority of the cluster', async () => {
    const { credentials, runs } = await plugin(print('{"token":"t-$runs"}'));
    expect(await credentials.current()).toEqual({ ca: 'CA', authorization: 'Bearer t-1' });
    await credentials.current();
    expect(await runs()).toBe(1);
  });

  it('is asked again shortly before its token expires', async () => {
    const expiry = new Date(Date.UTC(2026, 0, 1) + 60_000).toISOString();
    const { credentials, clock } = await plugin(
      print(`{"token":"t-$runs","expirationTimestamp":"${expiry}"}`),
    );
    await credentials.current();
    await clock.advance(49_000);
    expect((await credentials.current()).authorization).toBe('Bearer t-1');
    await clock.advance(1_000);
    expect((await credentials.current()).authorization).toBe('Bearer t-2');
  });

  it('is asked again when its token is refused', async () => {
    const { credentials } = await plugin(print('{"token":"t-$runs"}'));
    expect(await credentials.renew(await credentials.current())).toBe(true);
    expect((await credentials.current()).authorization).toBe('Bearer t-2');
  });

  it('may give a certificate', async () => {
    const { credentials } = await plugin(print('{"clientCertificateData":"CERT","clientKeyData":"KEY"}'));
    expect(await credentials.current()).toEqual({ ca: 'CA', cert: 'CERT', key: 'KEY' });
  });

  it('is told of the cluster when it wants to be, and is given its arguments and environment', async () => {
    const exec = { provideClusterInfo: true, args: ['a b'], env: [{ name: 'WHO', value: 'me' }] };
    const { credentials, info } = await plugin(`set -- "$1" "$WHO"; ${print('{"token":"$1-$2"}')}`, exec);
    expect((await credentials.current()).authorization).toBe('Bearer a b-me');
    expect(await info()).toMatchObject({
      apiVersion: V1,
      kind: 'ExecCredential',
      spec: {
        interactive: false,
        cluster: { server: 'https://api.example', 'certificate-authority-data': 'Q0E=' },
      },
    });
  });

  it.each([
    ['exit 3', {}, /exit code 3/],
    ['echo secret-token', {}, /something other than an ExecCredential/],
    [print('{"token":"t"}', 'client.authentication.k8s.io/v1beta1'), {}, /something other/],
    [print('{"clientCertificateData":"secret-token"}'), {}, /something other/],
    [print('{}'), {}, /something other/],
    ['yes secret-token 2>/dev/null', {}, /said too much/],
    [
      print('{"token":"t"}'),
      { command: 'no-such-plugin', installHint: 'get it' },
      /"no-such-plugin" is not installed/,
    ],
    [print('{"token":"t"}'), { interactiveMode: 'Always' }, /terminal/],
  ])('that does %j with %o is refused', async (output, exec, message) => {
    const { credentials } = await plugin(output, exec);
    const error = await rejectionOf(credentials.current());
    expect(error.code).toBe('KubeconfigInvalid');
    expect(error.message).toMatch(message);
    expect(`${error.message} ${String(error.cause)}`).not.toContain('secret-token');
  });
});
