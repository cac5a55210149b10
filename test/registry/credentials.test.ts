import fc from 'fast-check';
import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { authFilePaths, bestMatch } from '../../src/registry/auth-file.ts';
import { askHelper } from '../../src/registry/credential-helper.ts';
import { findCredentials } from '../../src/registry/credentials.ts';
import { authEnv } from '../support/docker-config.ts';
import { tempDir } from '../support/tempdir.ts';
import { rejectionOf } from '../support/thrown.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const password = (username: string, secret: string): unknown => ({
  kind: 'password',
  username,
  password: secret,
});

describe('findCredentials', () => {
  it.each([
    ['user and password in base64', { auth: base64('ann:s3cret:x') }, password('ann', 's3cret:x')],
    ['padding that docker adds', { auth: base64('ann:s3cret\0\0') }, password('ann', 's3cret')],
    ['an empty password', { auth: base64('ann:') }, password('ann', '')],
    ['user and password as they are', { username: 'ann', password: 's3cret' }, password('ann', 's3cret')],
    [
      'an identity token',
      { auth: base64('ann:'), identitytoken: 'refresh' },
      { kind: 'identity', token: 'refresh' },
    ],
    ['an empty entry', {}, undefined],
    ['more keys than are known', { auth: base64('ann:x'), email: 'a@example.com' }, password('ann', 'x')],
  ])('reads %s', async (_, entry, secret) => {
    const env = await authEnv({ auths: { 'r.example.com': entry }, HttpHeaders: { a: 'b' } });
    const found = await findCredentials('r.example.com', 'team/bert', { env });
    expect(found?.secret).toEqual(secret);
    if (secret !== undefined) expect(found?.source).toBe(`${env.DOCKER_CONFIG}/config.json`);
  });

  it.each([
    ['auth without a colon', { auths: { 'r.example.com': { auth: base64('s3cret') } } }],
    ['auth that is a number', { auths: { 'r.example.com': { auth: 's3cret', password: 5 } } }],
    ['a list', ['s3cret']],
    ['no object', 's3cret'],
  ])('refuses %s without quoting it', async (_, document) => {
    const error = await rejectionOf(
      findCredentials('r.example.com', 'team/bert', { env: await authEnv(document) }),
    );
    expect(error.code).toBe('CredentialsUnusable');
    expect(`${error.message} ${error.hint}`).not.toMatch(/s3cret|czNjcmV0/);
  });

  it('refuses what is no JSON, without quoting it', async () => {
    const home = await tempDir();
    await writeFile(join(home, 'config.json'), '{"auths": {"r.example.com": {"password": s3cret}}}');
    const error = await rejectionOf(
      findCredentials('r.example.com', 'team/bert', { env: { DOCKER_CONFIG: home } }),
    );
    expect(error.code).toBe('CredentialsUnusable');
    expect(JSON.stringify([error.message, error.hint, String(error.cause)])).not.toContain('s3cret');
  });

  it('finds nothing where there are no files', async () => {
    expect(await findCredentials('r.example.com', 'a/b', { env: { HOME: '/nonexistent' } })).toBeUndefined();
  });

  it('looks into REGISTRY_AUTH_FILE, then where docker keeps it, then where podman does', async () => {
    const home = await tempDir();
    const file = async (path: string, user: string): Promise<string> => {
      await mkdir(dirname(join(home, path)), { recursive: true });
      await writeFile(
        join(home, path),
        JSON.stringify({ auths: { 'r.example.com': { auth: base64(`${user}:x`) } } }),
      );
      return join(home, path);
    };
    const who = async (env: NodeJS.ProcessEnv): Promise<string | undefined> => {
      const found = await findCredentials('r.example.com', 'a/b', { env: { HOME: home, ...env } });
      return found?.secret.kind === 'password' ? found.secret.username : undefined;
    };
    await file('run/containers/auth.json', 'podman');
    expect(await who({ XDG_RUNTIME_DIR: join(home, 'run') })).toBe('podman');
    await file('.docker/config.json', 'docker');
    expect(await who({ XDG_RUNTIME_DIR: join(home, 'run') })).toBe('docker');
    const chosen = await file('chosen.json', 'chosen');
    expect(await who({ REGISTRY_AUTH_FILE: chosen })).toBe('chosen');
    await file('other/config.json', 'other');
    expect(await who({ DOCKER_CONFIG: join(home, 'other') })).toBe('other');
  });

  it.each(['absent.json', 'config.json/absent.json'])(
    'does not pass over a mistyped REGISTRY_AUTH_FILE: %s',
    async (name) => {
      const env = await authEnv({ auths: { 'r.example.com': { auth: base64('docker:x') } } });
      const path = join(env.HOME ?? '', name);
      const found = findCredentials('r.example.com', 'a/b', { env: { ...env, REGISTRY_AUTH_FILE: path } });
      const error = await rejectionOf(found);
      expect(error).toMatchObject({ code: 'CredentialsUnusable' });
      expect(error.message).toContain(path);
      expect(error.hint).toContain('REGISTRY_AUTH_FILE');
    },
  );
});

describe('findCredentials in files that are named', () => {
  const fileOf = async (auths: Record<string, unknown>): Promise<string> =>
    `${(await authEnv({ auths })).DOCKER_CONFIG ?? ''}/config.json`;
  const login = (user: string): unknown => ({ auth: base64(`${user}:x`) });

  it('takes the first that has some for the host, and none of the user', async () => {
    const files = [
      '/nonexistent/config.json',
      await fileOf({ 'other.example.com': login('other') }),
      await fileOf({ 'r.example.com': login('second') }),
      await fileOf({ 'r.example.com': login('third'), 'x.example.com': login('last') }),
    ];
    const env = await authEnv({ auths: { 'r.example.com': login('own'), 'y.example.com': login('own') } });
    const find = (host: string): Promise<unknown> => findCredentials(host, 'a/b', { env, files });
    expect(await find('r.example.com')).toEqual({ source: files[2], secret: password('second', 'x') });
    expect(await find('x.example.com')).toEqual({ source: files[3], secret: password('last', 'x') });
    expect(await find('y.example.com')).toBeUndefined();
  });

  it('refuses one that is broken, even where a later one would do', async () => {
    const files = [await fileOf({ 'r.example.com': 5 }), await fileOf({ 'r.example.com': login('ann') })];
    const error = await rejectionOf(findCredentials('r.example.com', 'a/b', { env: {}, files }));
    expect(error).toMatchObject({ code: 'CredentialsUnusable' });
    expect(error.message).toContain(files[0]);
  });
});

describe('authFilePaths', () => {
  const paths = (env: NodeJS.ProcessEnv): string[] => authFilePaths(env, 1000).map(({ path }) => path);

  it('knows where podman login writes when XDG_RUNTIME_DIR is not set', () => {
    expect(paths({ HOME: '/house' })).toEqual([
      '/house/.docker/config.json',
      '/run/containers/1000/auth.json',
      '/house/.config/containers/auth.json',
    ]);
  });

  it.each([
    ['shared', 'no file'],
    ['own', 'CredentialsUnusable'],
  ])('takes a %s file that may not be looked for as: %s', async (kind, result) => {
    const locked = await tempDir();
    await chmod(locked, 0);
    const script = fileURLToPath(new URL('./read-auth-as-nobody.ts', import.meta.url));
    const args = [script, kind, join(locked, '1000', 'auth.json')];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    await chmod(locked, 0o700);
    expect(stdout).toBe(result);
  });

  it('goes where the variables lead', () => {
    const env = {
      HOME: '/house',
      REGISTRY_AUTH_FILE: '/auth',
      DOCKER_CONFIG: '/docker',
      XDG_RUNTIME_DIR: '/runtime',
      XDG_CONFIG_HOME: '/config',
    };
    expect(paths(env)).toEqual([
      '/auth',
      '/docker/config.json',
      '/runtime/containers/auth.json',
      '/config/containers/auth.json',
    ]);
  });
});

describe('bestMatch', () => {
  it.each([
    ['r.example.com', 'r.example.com', true],
    ['r.example.com:5000', 'r.example.com', false],
    ['r.example.com', 'r.example.com:5000', false],
    ['example.com', 'r.example.com', false],
    ['r.example.com.evil.example', 'r.example.com', false],
    ['https://r.example.com', 'r.example.com', true],
    ['https://r.example.com/v1/', 'r.example.com', true],
    ['http://r.example.com/v2/', 'r.example.com', true],
    ['R.Example.com', 'r.example.com', true],
    ['r.example.com/', 'r.example.com', true],
    ['r.example.com/team', 'r.example.com', true],
    ['r.example.com/team/bert', 'r.example.com', true],
    ['r.example.com/tea', 'r.example.com', false],
    ['r.example.com/team/bert/v2', 'r.example.com', false],
    ['https://index.docker.io/v1/', 'index.docker.io', true],
    ['docker.io', 'index.docker.io', true],
    ['registry-1.docker.io', 'index.docker.io', true],
    ['docker.io/team', 'index.docker.io', true],
    ['index.docker.io', 'r.example.com', false],
  ])('for the key %s on host %s: %s', (key, host, matches) => {
    expect(bestMatch({ [key]: 'found' }, host, 'team/bert')).toBe(matches ? 'found' : undefined);
  });

  it('takes the longest key', () => {
    const keys = {
      'r.example.com': 'host',
      'r.example.com/team': 'team',
      'r.example.com/team/bert': 'repository',
    };
    expect(bestMatch(keys, 'r.example.com', 'team/bert')).toBe('repository');
    expect(bestMatch(keys, 'r.example.com', 'team/gpt')).toBe('team');
    expect(bestMatch(keys, 'r.example.com', 'teams/gpt')).toBe('host');
  });

  it('never gives away what belongs to another host', () => {
    const host = fc.stringMatching(/^[a-z]{1,3}(\.[a-z]{1,3}){0,2}(:[1-9])?$/);
    fc.assert(
      fc.property(host, host, fc.constantFrom('', '/a', '/a/b'), (mine, other, path) => {
        expect(bestMatch({ [mine + path]: 1 }, other, 'a/b') !== undefined).toBe(mine === other);
      }),
      { examples: [['a.b', 'xa.b', '']] },
    );
  });
});

/** Puts a program `docker-credential-NAME` on the PATH. */
async function helper(name: string, script: string): Promise<NodeJS.ProcessEnv> {
  const directory = await tempDir();
  const path = join(directory, `docker-credential-${name}`);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return { PATH: `${directory}:${process.env.PATH}` };
}

describe('askHelper', () => {
  it('gives the host on stdin and takes what is printed', async () => {
    const env = await helper(
      'test',
      '[ "$1" = get ] && read host && echo "{\\"ServerURL\\":\\"$host\\",\\"Username\\":\\"ann at $host\\",\\"Secret\\":\\"x\\"}"',
    );
    expect(await askHelper('test', 'r.example.com', env)).toEqual({
      username: 'ann at r.example.com',
      secret: 'x',
    });
    expect((await askHelper('test', 'index.docker.io', env))?.username).toBe(
      'ann at https://index.docker.io/v1/',
    );
  });

  it('knows when there is nothing', async () => {
    const env = await helper('test', 'echo credentials not found in native keychain; exit 1');
    expect(await askHelper('test', 'r.example.com', env)).toBeUndefined();
  });

  it.each([
    ['fails', 'echo "s3cret is wrong"; echo s3cret >&2; exit 3', 'exit code 3'],
    ['prints no JSON', 'echo s3cret', 'something other than credentials'],
    ['prints other JSON', 'echo \'{"Username": "s3cret"}\'', 'something other than credentials'],
    ['never answers', 'exec sleep 60', 'did not answer'],
    ['never stops talking', 'exec yes s3cret', 'said too much'],
    ['does not read', 'exec 0<&-; exit 4', 'exit code 4'],
  ])('says so, and nothing of what was printed, when a helper %s', async (_, script, why) => {
    const env = await helper('test', script);
    const error = await rejectionOf(askHelper('test', 'r.example.com', env, 300));
    expect(error.code).toBe('CredentialsUnusable');
    expect(error.message).toContain(why);
    expect(JSON.stringify([error.message, error.hint, String(error.cause)])).not.toContain('s3cret');
  });

  it('says what to do when a helper is not there', async () => {
    const error = await rejectionOf(askHelper('absent', 'r.example.com', { PATH: '/nonexistent' }));
    expect(error).toMatchObject({ code: 'CredentialsUnusable' });
    expect(error.message).toContain('docker-credential-absent is not installed');
  });

  it.each(['../evil', 'a b', 'a;b', '', 'x'.repeat(65)])('runs nothing for the name %j', async (name) => {
    expect((await rejectionOf(askHelper(name, 'r.example.com', {}))).message).toContain('cannot be the name');
  });
});

describe('findCredentials with helpers', () => {
  const saying = (username: string): string => `echo '{"Username":"${username}","Secret":"x"}'`;

  it('asks the helper of the host, then that for all hosts, then the file itself', async () => {
    const { PATH } = await helper('all', saying('all'));
    const own = await helper('own', saying('own'));
    const path = { PATH: `${own.PATH}:${PATH}` };
    const auths = { 'r.example.com': { auth: base64('file:x') } };
    const ask = async (document: unknown): Promise<unknown> =>
      await findCredentials('r.example.com', 'a/b', { env: { ...(await authEnv(document)), ...path } });
    expect(await ask({ auths, credsStore: 'all', credHelpers: { 'r.example.com': 'own' } })).toEqual({
      source: 'docker-credential-own',
      secret: password('own', 'x'),
    });
    expect(await ask({ auths, credsStore: 'all', credHelpers: { 'other.example.com': 'own' } })).toEqual({
      source: 'docker-credential-all',
      secret: password('all', 'x'),
    });
    expect(await ask({ auths, credsStore: '' })).toMatchObject({ secret: password('file', 'x') });
  });

  it('takes what the file has when the helper has nothing', async () => {
    const { PATH } = await helper('none', 'echo credentials not found in native keychain; exit 1');
    const env = await authEnv({ credsStore: 'none', auths: { 'r.example.com': { auth: base64('file:x') } } });
    expect((await findCredentials('r.example.com', 'a/b', { env: { ...env, PATH } }))?.secret).toEqual(
      password('file', 'x'),
    );
  });

  it('takes a secret under the name <token> for an identity token', async () => {
    const { PATH } = await helper('token', saying('<token>'));
    const env = await authEnv({ credsStore: 'token' });
    expect((await findCredentials('r.example.com', 'a/b', { env: { ...env, PATH } }))?.secret).toEqual({
      kind: 'identity',
      token: 'x',
    });
  });
});
