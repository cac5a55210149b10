import { describe, expect, it, vi } from 'vitest';
import { asStowageError } from '../../src/errors.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import type { Target } from '../../src/oci/target.ts';
import { blobSource, someBytes } from '../support/blob-sources.ts';
import { authEnv, dockerConfig } from '../support/docker-config.ts';
import { faultRegistry, type FaultRegistry } from '../support/fault-registry.ts';
import { openClient } from '../support/open-client.ts';
import { rejectionOf } from '../support/thrown.ts';

const NEVER = new AbortController().signal;
const REPOSITORY = 'team/bert';
const LOGIN = { username: 'ann', password: 'a secret: with a colon' };

async function push(target: Target, size = 100_000): Promise<void> {
  const { digest } = await target.writeBlob(blobSource(someBytes(size)), { signal: NEVER });
  const config = { mediaType: MEDIA.config, digest, size };
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config, layers: [] }));
  await target.writeManifest(MEDIA.manifest, manifest, { tag: 'v1', signal: NEVER });
}

/** The Authorization headers that were seen, but for the token endpoint's. */
function schemes(registry: FaultRegistry): (string | undefined)[] {
  const headers = registry.journal
    .filter(({ step }) => step !== 'token')
    .map((entry) => entry.headers.authorization);
  return headers.map((header) => header?.split(' ')[0]);
}

describe('a registry that is open to all', () => {
  it('never sees credentials', async () => {
    const registry = await faultRegistry();
    const env = await dockerConfig({ [registry.host]: LOGIN });
    await push(await openClient(registry.host, REPOSITORY, { env }));
    expect(new Set(schemes(registry))).toEqual(new Set([undefined]));
  });

  it('is used even where the credentials file is broken', async () => {
    const registry = await faultRegistry();
    await push(await openClient(registry.host, REPOSITORY, { env: await authEnv('not a configuration') }));
    expect(registry.store.tags).toEqual(['team/bert:v1']);
  });
});

describe('a registry with passwords', () => {
  it('gets the password once it asked, and from then on with each request', async () => {
    const registry = await faultRegistry({ auth: { kind: 'basic', ...LOGIN } });
    const env = await dockerConfig({ [registry.host]: LOGIN });
    await push(await openClient(registry.host, REPOSITORY, { env }));
    expect(schemes(registry)).toEqual([undefined, 'Basic', 'Basic', 'Basic', 'Basic']);
  });

  it('is not asked again with a password that it refused', async () => {
    const registry = await faultRegistry({ auth: { kind: 'basic', ...LOGIN } });
    const env = await dockerConfig({ [registry.host]: { username: 'ann', password: 'hunter2' } });
    const error = await rejectionOf(push(await openClient(registry.host, REPOSITORY, { env })));
    expect(error).toMatchObject({ code: 'RegistryAuth', retryable: false });
    expect(error.hint).toContain(`the credentials from ${env.DOCKER_CONFIG}/config.json were used`);
    expect(error.hint).toContain(`docker login ${registry.host}`);
    expect(`${error.message} ${error.hint}`).not.toContain('hunter2');
    expect(schemes(registry)).toEqual([undefined, 'Basic']);
  });

  it('says that there are no credentials for it', async () => {
    const registry = await faultRegistry({ auth: { kind: 'basic', ...LOGIN } });
    const env = await dockerConfig({ 'another.example.com': LOGIN });
    const error = await rejectionOf(push(await openClient(registry.host, REPOSITORY, { env })));
    expect(error).toMatchObject({ code: 'RegistryAuth' });
    expect(error.hint).toContain(`there are no credentials for ${registry.host}`);
    expect(registry.count('POST')).toBe(1);
  });
});

describe('a registry with tokens', () => {
  it('gives an anonymous client one token with which it reads and writes', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token' } });
    const client = await openClient(registry.host, REPOSITORY);
    expect(await client.readManifest('v1', NEVER)).toBeUndefined();
    await push(client);
    expect(registry.tokens.asked.map(([scope]) => scope)).toEqual(['repository:team/bert:pull,push']);
    expect(schemes(registry).filter((scheme) => scheme === undefined)).toHaveLength(1);
  });

  it('is not asked for the right to push to what is only read', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token' } });
    const client = await openClient(registry.host, REPOSITORY, { access: 'pull' });
    expect(await client.readManifest('v1', NEVER)).toBeUndefined();
    expect(registry.tokens.asked).toEqual([['repository:team/bert:pull']]);
  });

  // https://github.com/helm/helm/issues/32144, https://github.com/helm/helm/issues/31567
  it('that gives no rights to read a repository before it is there takes the first push to it', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token', missingNeedsPush: true } });
    const reader = await openClient(registry.host, REPOSITORY, { access: 'pull' });
    expect(await rejectionOf(reader.readManifest('v1', NEVER))).toMatchObject({ code: 'RegistryAuth' });
    const client = await openClient(registry.host, REPOSITORY);
    expect(await client.readManifest('v1', NEVER)).toBeUndefined();
    expect(await client.hasBlob(blobSource(someBytes(10)).contentDigest, NEVER)).toBe(false);
    await push(client);
    expect(registry.store.tags).toEqual(['team/bert:v1']);
  });

  it('also asks for the scopes that the registry names', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token' } });
    await push(await openClient(registry.host, REPOSITORY));
    expect(registry.tokens.asked).toEqual([['repository:team/bert:pull,push', 'repository:team/bert:pull']]);
  });

  it('gives a token for a password', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token', login: LOGIN } });
    const env = await dockerConfig({ [registry.host]: LOGIN });
    await push(await openClient(registry.host, REPOSITORY, { env }));
    expect(registry.count('token')).toBe(1);
    expect(new Set(schemes(registry))).toEqual(new Set([undefined, 'Bearer']));
  });

  it('gives a token for an identity token, which goes into a form and no URL', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token', refreshToken: 'refresh-me' } });
    const env = await authEnv({ auths: { [registry.host]: { identitytoken: 'refresh-me' } } });
    await push(await openClient(registry.host, REPOSITORY, { env }));
    expect(registry.journal.find(({ step }) => step === 'token')).toMatchObject({
      method: 'POST',
      path: '/token',
      status: 200,
    });
  });

  it('refuses a wrong password once', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token', login: LOGIN } });
    const env = await dockerConfig({ [registry.host]: { username: 'ann', password: 'hunter2' } });
    const error = await rejectionOf(push(await openClient(registry.host, REPOSITORY, { env })));
    expect(error).toMatchObject({ code: 'RegistryAuth', retryable: false });
    expect(error.message).toContain('give a token for team/bert');
    expect(registry.steps).toEqual(['POST', 'token']);
  });

  it('is asked for one token by many requests at once', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token' } });
    const client = await openClient(registry.host, REPOSITORY);
    await Promise.all(
      [1, 2, 3, 4, 5, 6].map((n) => client.writeBlob(blobSource(someBytes(n * 1000)), { signal: NEVER })),
    );
    expect(registry.count('token')).toBe(1);
    registry.tokens.revokeAll();
    await Promise.all(
      [7, 8, 9].map((n) => client.writeBlob(blobSource(someBytes(n * 1000)), { signal: NEVER })),
    );
    expect(registry.count('token')).toBe(2);
  });

  it('is asked for a token anew when its own lasts no longer than a request may take', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token', expiresIn: 5 } });
    await push(await openClient(registry.host, REPOSITORY));
    // One to learn of the challenge; then one for the request again, and one for each that follows.
    expect(registry.count('token')).toBe(5);
    expect(registry.journal.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  it('is not waited for by a request that was cancelled', async () => {
    const registry = (await faultRegistry({ auth: { kind: 'token' } })).fail('token', { kind: 'stall' });
    const stop = new AbortController();
    const client = await openClient(registry.host, REPOSITORY);
    const result = rejectionOf(client.readManifest('v1', stop.signal));
    await vi.waitFor(() => expect(registry.count('token')).toBe(1));
    stop.abort();
    expect(await result).toMatchObject({ code: 'Cancelled' });
  });

  it.each([
    ['500, twice', { kind: 'status', status: 500 }, 2, undefined],
    ['nothing, once', { kind: 'reset', afterBytes: 0 }, 1, undefined],
    ['429 for ever', { kind: 'status', status: 429 }, Infinity, 'RegistryQuota'],
    ['something that is no token', { kind: 'status', status: 200, body: '<html>' }, 1, 'RegistryAuth'],
    [
      'a token with a line break',
      { kind: 'status', status: 200, body: '{"token":"a\\r\\nx-evil: 1"}' },
      1,
      'RegistryAuth',
    ],
    [
      'a document without end',
      { kind: 'status', status: 200, body: `{"token":"${'x'.repeat(100_000)}"}` },
      1,
      'RegistryFailed',
    ],
  ] as const)('when the token endpoint answers %s', async (_, fault, times, code) => {
    const registry = (await faultRegistry({ auth: { kind: 'token' } })).fail('token', fault, times);
    const pushed = push(await openClient(registry.host, REPOSITORY));
    const outcome = await pushed.then(
      () => undefined,
      (error: unknown) => asStowageError(error).code,
    );
    expect(outcome).toBe(code);
    expect(registry.store.tags).toEqual(code === undefined ? ['team/bert:v1'] : []);
  });
});

describe('a token that ends during an upload', () => {
  // A token is good for two requests: POST and …
  it('before the PUT is replaced without sending the bytes again', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token', uses: 2 } });
    const client = await openClient(registry.host, REPOSITORY);
    const source = blobSource(someBytes(200_000));
    await client.writeBlob(source, { signal: NEVER });
    expect(registry.steps).toEqual(['POST', 'token', 'POST', 'PATCH', 'PUT', 'token', 'PUT']);
    expect(source.use.opened).toBe(1);
  });

  it('before the PATCH is replaced, and the upload begun again', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token' } });
    let revoked = false;
    const client = await openClient(registry.host, REPOSITORY);
    await client.writeBlob(blobSource(someBytes(1000)), { signal: NEVER });
    registry.journal.length = 0;
    // POST and the two that follow go with the last token; it ends as soon as the source is read.
    const source = blobSource(someBytes(32 * 1024 * 1024), {
      chunk: 512 * 1024,
      beforeChunk: () => {
        if (!revoked) registry.tokens.revokeAll();
        revoked = true;
      },
    });
    await client.writeBlob(source, { signal: NEVER });
    // It is asked twice what it has, which is nothing.
    const asked = ['GET', 'GET', 'DELETE'];
    expect(registry.steps).toEqual(['POST', 'PATCH', 'token', ...asked, 'POST', 'PATCH', 'PUT']);
    expect(registry.store.blob(REPOSITORY, source.contentDigest)?.equals(source.bytes)).toBe(true);
  });

  it('again and again is not replaced for ever', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token', uses: 1 } });
    const client = await openClient(registry.host, REPOSITORY);
    const error = await rejectionOf(client.writeBlob(blobSource(someBytes(200_000)), { signal: NEVER }));
    expect(error).toMatchObject({ code: 'RegistryAuth', retryable: false });
    expect(registry.count('PATCH')).toBe(2);
    expect(registry.store.blobCount).toBe(0);
  });
});

describe('the realm of a token', () => {
  it('may be on another port of this machine', async () => {
    const tokens = await faultRegistry({ auth: { kind: 'token', login: LOGIN } });
    const registry = await faultRegistry({ auth: { kind: 'token', realm: `${tokens.origin}/token` } });
    const env = await dockerConfig({ [registry.host]: LOGIN });
    await rejectionOf(push(await openClient(registry.host, REPOSITORY, { env }))); // its tokens are no use here
    expect(tokens.journal[0]).toMatchObject({ step: 'token', status: 200 });
  });

  it.each(['http://tokens.example.com/token', 'ftp://127.0.0.1/token', 'http://', ''])(
    'is not asked where it is %j',
    async (realm) => {
      const registry = await faultRegistry({ auth: { kind: 'token', realm } });
      const env = await dockerConfig({ [registry.host]: LOGIN });
      const error = await rejectionOf(push(await openClient(registry.host, REPOSITORY, { env })));
      expect(['RegistryFailed', 'RegistryAuth']).toContain(error.code);
      expect(registry.journal.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    },
  );
});
