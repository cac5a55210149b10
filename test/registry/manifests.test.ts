import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import type { StowageError } from '../../src/errors.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import { canMount } from '../../src/oci/target.ts';
import { blobSource, someBytes } from '../support/blob-sources.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { openClient } from '../support/open-client.ts';
import { rejectionOf } from '../support/thrown.ts';

const NEVER = new AbortController().signal;
const REPOSITORY = 'team/bert';
const bytes = Buffer.from('{"schemaVersion":2,"layers":[]}');

describe('reading a manifest', () => {
  it('asks for the formats of OCI and of docker', async () => {
    const registry = await faultRegistry();
    await (await openClient(registry.host, REPOSITORY)).readManifest('v1', NEVER);
    const accepted = registry.journal[0]?.headers.accept?.split(', ');
    expect(accepted).toEqual([MEDIA.manifest, MEDIA.index, MEDIA.dockerManifest, MEDIA.dockerIndex]);
  });

  it.each([
    ['the header', MEDIA.dockerManifest, '{}', MEDIA.dockerManifest],
    ['the header without its parameters', `${MEDIA.manifest}; charset=utf-8`, '{}', MEDIA.manifest],
    [
      'the document, where the header says only JSON',
      'application/json',
      JSON.stringify({ mediaType: MEDIA.index }),
      MEDIA.index,
    ],
    ['the header, where neither is known', 'text/html', '<html>', 'text/html'],
  ])('takes its media type from %s', async (_, header, body, mediaType) => {
    const registry = await faultRegistry();
    registry.store.putManifest(REPOSITORY, 'v1', { mediaType: header, bytes: Buffer.from(body) });
    const found = await (await openClient(registry.host, REPOSITORY)).readManifest('v1', NEVER);
    expect(found?.descriptor).toEqual({ mediaType, digest: digestOf(body), size: body.length });
  });

  it('notices other bytes than those that were asked for', async () => {
    const registry = await faultRegistry();
    const asked = digestOf('something else');
    registry.store.putManifest(REPOSITORY, asked, { mediaType: MEDIA.manifest, bytes });
    const client = await openClient(registry.host, REPOSITORY);
    expect(await rejectionOf(client.readManifest(asked, NEVER))).toMatchObject({ code: 'RegistryCorrupt' });
  });

  it('notices other bytes than the registry says it sends', async () => {
    const headers = { 'docker-content-digest': digestOf('something else') };
    const registry = (await faultRegistry()).fail('manifest GET', {
      kind: 'status',
      status: 200,
      headers,
      body: '{}',
    });
    const client = await openClient(registry.host, REPOSITORY);
    expect(await rejectionOf(client.readManifest('v1', NEVER))).toMatchObject({ code: 'RegistryCorrupt' });
  });

  it('does not read more than a manifest may have', async () => {
    const registry = await faultRegistry();
    registry.store.putManifest(REPOSITORY, 'v1', {
      mediaType: MEDIA.manifest,
      bytes: Buffer.alloc(4 * 1024 * 1024 + 1, 32),
    });
    const error = await rejectionOf((await openClient(registry.host, REPOSITORY)).readManifest('v1', NEVER));
    expect(error).toMatchObject({ code: 'RegistryFailed' });
    expect(error.message).toContain('more than 4194304 bytes');
  });

  it('is tried again, and says at last why it cannot be done', async () => {
    const registry = (await faultRegistry()).fail('manifest GET', { kind: 'status', status: 502 }, 3);
    const client = await openClient(registry.host, REPOSITORY);
    expect(await client.readManifest('v1', NEVER)).toBeUndefined();
    expect(registry.count('manifest GET')).toBe(4);
    registry.fail('manifest GET', { kind: 'status', status: 403, code: 'DENIED', message: 'no pull access' });
    const error = await rejectionOf(client.readManifest('v1', NEVER));
    expect(error).toMatchObject({ code: 'RegistryAuth' });
    expect(error.message).toContain('DENIED: no pull access');
  });
});

describe('writing a manifest', () => {
  it.each([
    [400, 'RegistryFailed', 1],
    [401, 'RegistryAuth', 1],
    [403, 'RegistryAuth', 1],
    [404, 'RegistryNotFound', 1],
    [429, 'RegistryQuota', 6],
    [500, 'RegistryFailed', 6],
  ])('that is answered %i ends in %s, and nothing is tagged', async (status, code, tries) => {
    const registry = (await faultRegistry()).fail('manifest PUT', { kind: 'status', status }, Infinity);
    const client = await openClient(registry.host, REPOSITORY);
    const error = await rejectionOf(
      client.writeManifest(MEDIA.manifest, bytes, { tag: 'v1', signal: NEVER }),
    );
    expect(error.code).toBe(code);
    expect(registry.count('manifest PUT')).toBe(tries);
    expect(registry.store.tags).toEqual([]);
  });

  it('notices that the registry stored other bytes', async () => {
    const registry = (await faultRegistry()).fail('manifest PUT', { kind: 'corrupt' });
    const client = await openClient(registry.host, REPOSITORY);
    const error = await rejectionOf(
      client.writeManifest(MEDIA.manifest, bytes, { tag: 'v1', signal: NEVER }),
    );
    expect(error).toMatchObject({ code: 'RegistryCorrupt' });
  });
});

describe('a stored blob', () => {
  const source = blobSource(someBytes(100_000));
  const blob = { mediaType: MEDIA.layer, digest: source.contentDigest, size: source.bytes.length };

  it('is mounted from another repository without being sent', async () => {
    const registry = await faultRegistry();
    registry.store.putBlob('team/base', blob.digest, source.bytes);
    const client = await openClient(registry.host, REPOSITORY);
    expect(canMount(client)).toBe(true);
    expect(await client.mountBlob(blob, 'team/base', NEVER)).toBe(true);
    expect(registry.store.blob(REPOSITORY, blob.digest)).toEqual(source.bytes);
    expect(registry.steps).toEqual(['POST']);
  });

  it('tells of trouble when it is asked for and when it is mounted', async () => {
    const registry = await faultRegistry();
    registry.store.putBlob('team/base', blob.digest, source.bytes);
    const busy = { kind: 'status', status: 429 } as const;
    registry.fail('blob HEAD', busy, 2).fail('POST', { kind: 'reset', afterBytes: 0 });
    const client = await openClient(registry.host, REPOSITORY);
    const troubles: string[] = [];
    const onTrouble = ({ code }: StowageError): void => void troubles.push(code);
    expect(await client.hasBlob(blob.digest, NEVER, blob.size, onTrouble)).toBe(false);
    expect(await client.mountBlob(blob, 'team/base', NEVER, onTrouble)).toBe(true);
    expect(troubles).toEqual(['RegistryQuota', 'RegistryQuota', 'RegistryUnreachable']);
  });

  it('that cannot be mounted leaves no upload open', async () => {
    const registry = await faultRegistry();
    const client = await openClient(registry.host, REPOSITORY);
    expect(await client.mountBlob(blob, 'team/base', NEVER)).toBe(false);
    expect(registry.steps).toEqual(['POST', 'DELETE']);
    expect(registry.store.uploads.size).toBe(0);
  });

  it.each([400, 401, 403, 404, 405, 500])('is to be sent where mounting is answered %i', async (status) => {
    const registry = (await faultRegistry()).fail('POST', { kind: 'status', status });
    expect(await (await openClient(registry.host, REPOSITORY)).mountBlob(blob, 'team/base', NEVER)).toBe(
      false,
    );
    expect(registry.steps).toEqual(['POST']);
  });

  it('is mounted with the right to read the other repository', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token' } });
    registry.store.putBlob('team/base', blob.digest, source.bytes);
    await (await openClient(registry.host, REPOSITORY)).mountBlob(blob, 'team/base', NEVER);
    expect(registry.tokens.asked[0]?.slice(0, 2)).toEqual([
      'repository:team/bert:pull,push',
      'repository:team/base:pull',
    ]);
  });

  it('whose digest is known beforehand is not sent again', async () => {
    const registry = await faultRegistry();
    registry.store.putBlob(REPOSITORY, blob.digest, source.bytes);
    const known = blobSource(source.bytes, { digestKnown: true });
    const result = await (await openClient(registry.host, REPOSITORY)).writeBlob(known, { signal: NEVER });
    expect(result).toEqual({ digest: blob.digest, diffId: blob.digest, size: blob.size });
    expect(registry.steps).toEqual(['blob HEAD']);
    expect(known.use.opened).toBe(0);
  });

  it('is not what a source with another digest is taken for', async () => {
    const registry = await faultRegistry();
    const liar = { ...source, digest: digestOf('something else') };
    const error = await rejectionOf(
      (await openClient(registry.host, REPOSITORY)).writeBlob(liar, { signal: NEVER }),
    );
    expect(error).toMatchObject({ code: 'ArtifactChanged' });
    expect(registry.store.blobCount).toBe(0);
  });
});
