import { describe, expect, it } from 'vitest';
import { MEDIA } from '../../src/oci/manifest.ts';
import { blobSource, someBytes } from '../support/blob-sources.ts';
import { dockerConfig } from '../support/docker-config.ts';
import { faultRegistry, type FaultRegistry } from '../support/fault-registry.ts';
import { openClient } from '../support/open-client.ts';
import { rejectionOf } from '../support/thrown.ts';

const NEVER = new AbortController().signal;
const REPOSITORY = 'team/bert';
const LOGIN = { username: 'ann', password: 's3cret' };
const source = blobSource(someBytes(100_000));
const blob = { mediaType: MEDIA.layer, digest: source.contentDigest, size: source.bytes.length };

async function read(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

/** A registry that wants a password, an object store beside it that holds the blob, and a client that is logged in. */
async function twoServers(): Promise<{
  registry: FaultRegistry;
  store: FaultRegistry;
  env: NodeJS.ProcessEnv;
}> {
  const registry = await faultRegistry({ auth: { kind: 'basic', ...LOGIN } });
  const store = await faultRegistry();
  store.store.putBlob(REPOSITORY, blob.digest, source.bytes);
  return { registry, store, env: await dockerConfig({ [registry.host]: LOGIN }) };
}

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])(
    'with %i to another server is followed for a blob, without credentials',
    async (status) => {
      const { registry, store, env } = await twoServers();
      const to = `${store.origin}/v2/${REPOSITORY}/blobs/${blob.digest}?signature=a%2Fb%2fc+d`;
      registry.fail('blob GET', { kind: 'redirect', to, status }, Infinity);
      const client = await openClient(registry.host, REPOSITORY, { env });
      await client.hasBlob(blob.digest, NEVER); // from here on it sends the password
      expect((await read(client.readBlob(blob, NEVER))).equals(source.bytes)).toBe(true);
      expect(registry.journal.at(-1)?.headers.authorization).toMatch(/^Basic /);
      expect(store.journal).toMatchObject([{ path: new URL(to).pathname + new URL(to).search }]);
      expect(store.journal[0]?.headers.authorization).toBeUndefined();
    },
  );

  it('on the same server is followed with credentials', async () => {
    const { registry, env } = await twoServers();
    registry.store.putBlob('elsewhere', blob.digest, source.bytes);
    registry.fail('blob GET', { kind: 'redirect', to: `/v2/elsewhere/blobs/${blob.digest}` });
    const client = await openClient(registry.host, REPOSITORY, { env });
    await client.hasBlob(blob.digest, NEVER); // from here on it sends the password
    expect((await read(client.readBlob(blob, NEVER))).equals(source.bytes)).toBe(true);
  });

  it('is followed for POST with 307, not with 302', async () => {
    const { registry, env } = await twoServers();
    const to = `/v2/${REPOSITORY}/blobs/uploads/`;
    registry.fail('POST', { kind: 'redirect', to });
    const client = await openClient(registry.host, REPOSITORY, { env });
    await client.writeBlob(source, { signal: NEVER });
    registry.fail('POST', { kind: 'redirect', to, status: 302 });
    expect(await rejectionOf(client.writeBlob(source, { signal: NEVER }))).toMatchObject({
      code: 'RegistryFailed',
      retryable: false,
    });
  });

  it('of an upload’s bytes or of a manifest to another server is not followed', async () => {
    const { registry, store, env } = await twoServers();
    const client = await openClient(registry.host, REPOSITORY, { env });
    registry.fail('PATCH', { kind: 'redirect', to: `${store.origin}/v2/a/blobs/uploads/b` });
    expect(await rejectionOf(client.writeBlob(source, { signal: NEVER }))).toMatchObject({
      code: 'RegistryFailed',
    });
    registry.fail('manifest PUT', { kind: 'redirect', to: `${store.origin}/v2/a/manifests/b` });
    const manifest = Buffer.from('{"layers":[]}');
    const error = await rejectionOf(
      client.writeManifest(MEDIA.manifest, manifest, { tag: 'v1', signal: NEVER }),
    );
    expect(error.message).toContain('redirects a PUT with a body');
    expect(store.journal).toEqual([]);
  });

  it.each([
    ['http://registry.example.com/x', 'another host without TLS'],
    ['gopher://127.0.0.1/x', 'neither HTTP nor HTTPS'],
  ])('to %s is not followed', async (to, why) => {
    const registry = (await faultRegistry()).fail('blob GET', { kind: 'redirect', to });
    const client = await openClient(registry.host, REPOSITORY);
    const error = await rejectionOf(read(client.readBlob(blob, NEVER)));
    expect(error).toMatchObject({ code: 'RegistryFailed', retryable: false });
    expect(error.message).toContain(why);
  });

  it('in a circle ends', async () => {
    const registry = await faultRegistry();
    registry.fail('blob HEAD', { kind: 'redirect', to: `/v2/${REPOSITORY}/blobs/${blob.digest}` }, Infinity);
    const client = await openClient(registry.host, REPOSITORY);
    const error = await rejectionOf(client.hasBlob(blob.digest, NEVER));
    expect(error.message).toContain('redirects in a circle');
    expect(registry.count('blob HEAD')).toBe(6);
  });
});

describe('the address of an upload', () => {
  it.each(['relative', 'absolute'] as const)('is kept to the letter where it is %s', async (locations) => {
    // The fault registry refuses a query that is spelled in any other way than its own.
    const registry = await faultRegistry({ locations });
    await (await openClient(registry.host, REPOSITORY)).writeBlob(source, { signal: NEVER });
    expect(registry.store.blob(REPOSITORY, blob.digest)?.equals(source.bytes)).toBe(true);
    expect(registry.count('PUT')).toBe(1);
  });

  it('may be on another server, which is shown no credentials', async () => {
    const { registry, store, env } = await twoServers();
    const id = store.store.openUpload(REPOSITORY);
    const to = `${store.origin}/v2/${REPOSITORY}/blobs/uploads/${id}?_state=${id}%2f0+a%20b~c%3D%3d&x`;
    registry.fail('POST', { kind: 'location', to }, Infinity);
    await (await openClient(registry.host, REPOSITORY, { env })).writeBlob(source, { signal: NEVER });
    expect(store.steps).toEqual(['PATCH', 'PUT']);
    expect(store.journal.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    expect(registry.steps).toEqual(['POST', 'POST']);
  });

  it('is not used where it leads away without TLS', async () => {
    const registry = (await faultRegistry()).fail('POST', {
      kind: 'location',
      to: 'http://evil.example.com/upload',
    });
    const error = await rejectionOf(
      (await openClient(registry.host, REPOSITORY)).writeBlob(source, { signal: NEVER }),
    );
    expect(error).toMatchObject({ code: 'RegistryFailed', retryable: false });
    expect(error.message).toContain('the upload location');
  });

  it('does not show its query in an error', async () => {
    const registry = (await faultRegistry()).fail('POST', {
      kind: 'location',
      to: 'http://evil.example.com/upload?signature=s3cret',
    });
    const error = await rejectionOf(
      (await openClient(registry.host, REPOSITORY)).writeBlob(source, { signal: NEVER }),
    );
    expect(JSON.stringify([error.message, error.hint])).not.toContain('s3cret');
  });
});
