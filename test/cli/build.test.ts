import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readMessage } from '../../src/builders/read-message.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { LAUNCHER, runStowage, type Run } from '../support/stowage.ts';
import { tempDir } from '../support/tempdir.ts';

let root: string;
beforeEach(async () => {
  root = await tempDir();
  await mkdir(join(root, 'model'));
  await mkdir(join(root, 'secrets'));
  await writeFile(join(root, 'model', 'config.json'), '{}');
  await writeFile(join(root, 'termination-log'), 'what was there before, and is longer than '.repeat(100));
});

const callOf = (to: string): string[] => [
  ...['build', join(root, 'model'), `--to=${to}`, `--secrets=${join(root, 'secrets')}`],
  '--storage=local:worker-7:/data/bert',
];
const environment = (): Record<string, string> => ({
  STOWAGE_TERMINATION_LOG: join(root, 'termination-log'),
  STOWAGE_NAMESPACE: 'team-a',
});

/** Runs it as a pod would, with the credentials of these Secrets. */
async function build(to: string, ...more: string[]): Promise<Run & { lines: Event[] }> {
  const run = await runStowage([...callOf(to), ...more], { env: environment() });
  const lines = run.stdout.trimEnd().split('\n');
  return { ...run, lines: lines.map((line) => JSON.parse(line) as Event) };
}

interface Event {
  readonly event: string;
  readonly [key: string]: unknown;
}

async function secret(index: number, auths: Record<string, unknown>): Promise<void> {
  await mkdir(join(root, 'secrets', String(index)));
  await writeFile(join(root, 'secrets', String(index), 'config.json'), JSON.stringify({ auths }));
}

const said = async (): Promise<unknown> => readMessage(await readFile(join(root, 'termination-log'), 'utf8'));

describe('stowage build', () => {
  it('pushes the image and says so twice: all of it in the log, a summary in the message', async () => {
    const registry = await faultRegistry();
    const { code, stderr, lines } = await build(`${registry.host}/team/bert:v3`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(lines.map(({ event }) => event)).toEqual([
      'started',
      'planned',
      'layer',
      'layer',
      'done',
      'report',
    ]);
    const { digest, image, size, layers } = lines.at(-1) ?? ({} as Event);
    expect(layers).toHaveLength(2);
    expect(await said()).toMatchObject({ summary: { digest, image, size } });
  });

  it('takes credentials from the first Secret that has some for the registry', async () => {
    const registry = await faultRegistry({ auth: { kind: 'basic', username: 'ann', password: 's3cret' } });
    const login = (user: string): unknown => ({ auth: Buffer.from(user).toString('base64') });
    await secret(0, { 'other.example.com': login('nobody:nothing') });
    await secret(1, { [registry.host]: login('ann:s3cret') });
    const { code } = await build(`${registry.host}/team/bert:v3`, '--push-secret=one', '--push-secret=two');
    expect({ code, said: await said() }).toMatchObject({ code: 0, said: { summary: {} } });
  });

  it('names the Secret that is not there, and may be tomorrow', async () => {
    await secret(0, {});
    const call = ['--push-secret=one', '--push-secret=two'];
    const { code, lines } = await build('127.0.0.1:1/team/bert:v3', ...call);
    expect(code).toBe(1);
    const message = expect.stringContaining(
      'the Secret two with push credentials, in namespace team-a,',
    ) as string;
    const error = { code: 'SecretMissing', message, retryable: true };
    expect(lines.slice(1)).toMatchObject([{ event: 'error', ...error }]);
    expect(await said()).toMatchObject({ error });
  });

  it('says why it failed', async () => {
    const registry = await faultRegistry({ auth: { kind: 'basic', username: 'ann', password: 's3cret' } });
    const { code, lines } = await build(`${registry.host}/team/bert:v3`);
    expect({ code, last: lines.at(-1)?.event }).toEqual({ code: 1, last: 'error' });
    expect(await said()).toMatchObject({ error: { code: 'RegistryAuth', retryable: false } });
  });

  it('speaks without TLS only to the registries that it is told of', async () => {
    const { code } = await build('r.invalid:5000/team/bert:v3', '--plain-http=R.invalid:5000');
    expect({ code, said: await said() }).toMatchObject({
      code: 1,
      said: { error: { code: 'RegistryUnreachable' } },
    });
  });

  it('told to end, gives up, and says that another attempt may succeed', async () => {
    const registry = (await faultRegistry()).fail('PATCH', { kind: 'stall' });
    const child = spawn(LAUNCHER, callOf(`${registry.host}/team/bert:v3`), {
      env: { ...process.env, ...environment() },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout.setEncoding('utf8'), 'data');
    child.kill('SIGTERM');
    child.stdout.resume();
    expect(await once(child, 'close')).toEqual([1, null]);
    const error = {
      code: 'PodLost',
      message: expect.stringContaining('SIGTERM') as string,
      retryable: true,
    };
    expect(await said()).toMatchObject({ error });
    expect(registry.store.manifest('team/bert', 'v3')).toBeUndefined();
  });

  describe('of a directory within another', () => {
    const within = (path: string): string[] => [
      ...[
        'build',
        join(root, 'model', path),
        '--storage=local:worker-7:/data/bert',
        `--within=${join(root, 'model')}`,
      ],
      ...['--plain-http=127.0.0.1:1', `--secrets=${join(root, 'secrets')}`],
    ];
    const run = async (path: string, to: string): Promise<Run> =>
      runStowage([...within(path), '--storage=x', `--to=${to}`], { env: environment() });

    beforeEach(async () => {
      await mkdir(join(root, 'model', 'bert'));
      await mkdir(join(root, 'model-2'));
      await writeFile(join(root, 'model', 'bert', 'config.json'), '{"a":1}');
      await writeFile(join(root, 'secrets', 'config.json'), '{}');
      await symlink('bert', join(root, 'model', 'latest'));
      await symlink('../secrets', join(root, 'model', 'out'));
      await symlink('../model-2', join(root, 'model', 'beside'));
      await symlink(root, join(root, 'model', 'up'));
      await symlink('nowhere', join(root, 'model', 'dangling'));
      await symlink('circle', join(root, 'model', 'circle'));
    });

    it.each(['bert', 'latest', 'latest/', 'up/model/bert'])('makes the image of %s', async (path) => {
      const registry = await faultRegistry();
      expect(await run(path, `${registry.host}/team/bert:v3`)).toMatchObject({ code: 0, stderr: '' });
      expect(await said()).toMatchObject({ summary: { bytes: { source: '{"a":1}'.length } } });
    });

    it.each([
      ['out', 'LinkRefused', 'outside the volume'],
      ['beside', 'LinkRefused', 'outside the volume'],
      ['up', 'LinkRefused', 'outside the volume'],
      ['up/secrets', 'LinkRefused', 'outside the volume'],
      ['circle', 'LinkRefused', 'in a circle'],
      ['dangling', 'PathNotFound', 'not on the volume'],
      ['missing', 'PathNotFound', '"missing" is not on the volume'],
      ['missing/below', 'PathNotFound', '"missing/below" is not on the volume'],
      ['config.json', 'PathNotFound', 'is no directory'],
      ['config.json/below', 'PathNotFound', 'not on the volume'],
    ])('refuses %s: %s', async (path, code, words) => {
      const { code: exit } = await run(path, '127.0.0.1:1/team/bert:v3');
      const message = expect.stringContaining(words) as string;
      expect({ exit, said: await said() }).toMatchObject({
        exit: 1,
        said: { error: { code, message, retryable: false } },
      });
    });
  });

  it('is in no help', async () => {
    const { stdout } = await runStowage(['help']);
    expect(stdout).toContain('pack');
    expect(stdout).not.toMatch(/^ +build /m);
  });
});
