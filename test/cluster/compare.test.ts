import { describe, expect, it } from 'vitest';
import { compare } from '../../src/cluster/compare.ts';
import type { Measured } from '../../src/cluster/comparison.ts';
import { versionOf } from '../../src/cluster/objects.ts';
import type { ModelVersionObject } from '../../src/api/resources.ts';
import { StowageError } from '../../src/errors.ts';
import { MEDIA, type Descriptor } from '../../src/oci/manifest.ts';
import { openPlace } from '../../src/pack/open-target.ts';
import { documentSource } from '../../src/pack/stored-blobs.ts';
import type { FaultApiServer } from '../kube/support/fault-api-server.ts';
import { until } from '../kube/support/until.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { rejectionOf } from '../support/thrown.ts';
import { never, remoteServer, VERSIONS_PATH } from './support/remote.ts';
import { DIGEST, STATUS, versionWith } from './support/versions.ts';

const MODELS_PATH = '/apis/model.kubedl.io/v1alpha1/models';
const NAMES = ['bert-v3-compare-c0ffee-stream', 'bert-v3-compare-c0ffee-kaniko'];
const OPEN = { plainHttp: false };

type Status = NonNullable<ModelVersionObject['status']>;

interface Bench {
  readonly server: FaultApiServer;
  readonly compare: (how?: { keep?: boolean; signal?: AbortSignal }) => Promise<Measured[]>;
  /** The versions that are there. */
  readonly versions: () => string[];
}

/** @param statusOf what the controller writes, as soon as a version is there; undefined: nothing */
async function bench(statusOf: (builder: string) => Status | undefined): Promise<Bench> {
  const { server, remote } = await remoteServer();
  const store = server.store(VERSIONS_PATH);
  store.listen(({ type, object }) => {
    if (type !== 'ADDED') return;
    const { spec, metadata } = object as ModelVersionObject;
    server.store(MODELS_PATH).put(`team-a/${spec.modelName}`, {});
    const status = statusOf(spec.builder ?? '');
    if (status !== undefined) setImmediate(() => store.put(`team-a/${metadata.name}`, { ...object, status }));
  });
  const display = {
    ...{ course: () => undefined, moved: () => undefined, progress: undefined },
    ...{ trouble: () => undefined, close: () => undefined },
  };
  const suggest = (command: string): string => `stowage ${command}`;
  return {
    server,
    versions: () => store.all().map(({ metadata }) => metadata.name),
    compare: ({ keep = false, signal = never } = {}) =>
      compare(versionOf(versionWith()), {
        ...{ remote, display, suggest, signal, keep },
        ...{ open: OPEN, run: 'c0ffee' },
      }),
  };
}

/** @returns the reference of an image with layers of these sizes */
async function imageWith(...sizes: number[]): Promise<string> {
  const registry = await faultRegistry();
  const reference = `${registry.host}/team-a/bert`;
  const { target } = await openPlace(`${reference}:v3`, OPEN);
  const store = async (mediaType: string, content: Buffer): Promise<Descriptor> => {
    const { digest, size } = await target.writeBlob(documentSource('blob', content), { signal: never });
    return { mediaType, digest, size };
  };
  const config = await store(MEDIA.config, Buffer.from('{}'));
  const layers = await Promise.all(sizes.map((size) => store(MEDIA.layer, Buffer.alloc(size, 1))));
  const manifest = { schemaVersion: 2, mediaType: MEDIA.manifest, config, layers };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const { digest } = await target.writeManifest(MEDIA.manifest, bytes, { tag: 'v3', signal: never });
  await target.close();
  return `${reference}:v3@${digest}`;
}

describe('comparing builders', () => {
  it('builds one after the other, and reads the layers from the registry', async () => {
    const image = await imageWith(70, 30);
    const begun: (readonly string[])[] = [];
    const { compare, versions } = await bench(() => {
      begun.push(versions());
      return { ...STATUS.ready, image };
    });
    const measured = await compare();
    expect(begun).toEqual([NAMES.slice(0, 1), [...NAMES].sort()]);
    expect(measured.map(({ builder, outcome }) => [builder, outcome.result])).toEqual([
      ['stream', 'built'],
      ['kaniko', 'built'],
    ]);
    for (const { layers } of measured) expect(layers).toMatchObject([{ size: 70 }, { size: 30 }]);
  });

  it('begins the second when the first has ended', async () => {
    const { compare, versions, server } = await bench((builder) =>
      builder === 'stream' ? undefined : STATUS.failed,
    );
    const compared = compare();
    await until('a watch', () => server.openWatches === 1);
    expect(versions()).toEqual(NAMES.slice(0, 1));
    const store = server.store(VERSIONS_PATH);
    const [object] = store.all();
    store.put(`team-a/${NAMES[0] ?? ''}`, { ...object, status: STATUS.failed });
    expect(await compared).toHaveLength(2);
  });

  it('leaves nothing in the cluster', async () => {
    const { compare, versions, server } = await bench(() => STATUS.failed);
    await compare();
    expect(versions()).toEqual([]);
    expect(server.store(MODELS_PATH).all()).toEqual([]);
  });

  it('leaves the versions and their Model where they are to be kept', async () => {
    const { compare, versions, server } = await bench(() => STATUS.failed);
    await compare({ keep: true });
    expect(versions()).toEqual([...NAMES].sort());
    expect(server.store(MODELS_PATH).all()).toMatchObject([{ metadata: { name: 'bert-compare-c0ffee' } }]);
  });

  it('leaves nothing when it is interrupted, and begins no other build', async () => {
    const { compare, versions, server } = await bench(() => undefined);
    const stop = new AbortController();
    const compared = rejectionOf(compare({ signal: stop.signal }));
    await until('a watch', () => server.openWatches === 1);
    stop.abort(new StowageError('Cancelled', 'interrupted by SIGINT'));
    expect((await compared).code).toBe('Cancelled');
    expect(versions()).toEqual([]);
    expect(server.store(MODELS_PATH).all()).toEqual([]);
    expect(server.count('apply')).toBe(1);
  });

  it('goes on where one build fails', async () => {
    const image = await imageWith(70);
    const { compare } = await bench((builder) =>
      builder === 'stream' ? STATUS.refused : { ...STATUS.ready, image },
    );
    expect(await compare()).toMatchObject([
      { builder: 'stream', outcome: { result: 'failed', error: { code: 'PolicyDenied' } }, layers: [] },
      { builder: 'kaniko', outcome: { result: 'built' }, layers: [{ size: 70 }] },
    ]);
  });

  it('goes on where the API server refuses a version', async () => {
    const { compare, server } = await bench(() => STATUS.failed);
    server.fail('apply', { kind: 'status', status: 403, reason: 'Forbidden' });
    const [stream, kaniko] = await compare();
    expect(stream?.outcome).toMatchObject({ result: 'refused', error: { code: 'ClusterAuth' } });
    expect(kaniko?.outcome.result).toBe('failed');
  });

  it('says why the layers are not known where the registry does not answer from here', async () => {
    // Nobody listens on the port of "discard".
    const image = `127.0.0.1:9/team-a/bert:v3@${DIGEST}`;
    const { compare } = await bench((builder) =>
      builder === 'stream' ? { ...STATUS.ready, image } : STATUS.failed,
    );
    const [stream] = await compare();
    expect(stream?.layers).toMatchObject({ code: 'RegistryUnreachable' });
  });

  it('says what it could not remove, and keeps what was found', async () => {
    const { compare, server, versions } = await bench(() => STATUS.failed);
    server.fail('delete', { kind: 'status', status: 403, reason: 'Forbidden' });
    expect(await compare()).toHaveLength(2);
    expect(versions()).toEqual(NAMES.slice(0, 1));
  });
});
