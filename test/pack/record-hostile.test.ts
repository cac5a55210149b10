/** Records that are not what they ought to be: the image is right all the same, and only time is lost. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { scanArtifact } from '../../src/artifact/scan.ts';
import { StowageError } from '../../src/errors.ts';
import { openLayout } from '../../src/layout/layout.ts';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { pack } from '../../src/pack/pack.ts';
import type { Report } from '../../src/pack/report.ts';
import { recordBytes, writtenIdentity } from '../../src/record/make.ts';
import {
  MAX_RECORD_BYTES,
  parseRecord,
  type DigestRecord,
  type RecordedLayer,
} from '../../src/record/record.ts';
import { SILENT } from '../../src/telemetry/progress.ts';
import { faultRegistry, type FaultRegistry } from '../support/fault-registry.ts';
import { tempDir } from '../support/tempdir.ts';
import { actions, ALL, machine, makeModel, waitAMinute, type Machine } from './builds.ts';

const REPOSITORY = 'team/bert';

let registry: FaultRegistry;
let directory: string;
let here: Machine;
let to: string;
let first: Report;

beforeEach(async () => {
  [registry, directory] = await Promise.all([faultRegistry(), makeModel()]);
  here = machine(directory);
  to = `${registry.host}/${REPOSITORY}:v1`;
  waitAMinute();
  first = await here.build(to);
});
afterEach(() => vi.useRealTimers());

function recorded(): DigestRecord {
  const record = parseRecord(registry.store.blob(REPOSITORY, first.record!)!);
  if (record === undefined) throw new Error('no record');
  return record;
}

/** Stores a blob and lets this machine believe that it is the record of the image. */
function vouchFor(bytes: Buffer, digest: Digest = digestOf(bytes)): void {
  registry.store.putBlob(REPOSITORY, digest, bytes);
  here.pins.pins = here.pins.pins.map((pin) => ({ ...pin, record: digest }));
}

function withLayer(title: string, change: (layer: RecordedLayer) => Partial<RecordedLayer>): Buffer {
  const { layers, ...record } = recorded();
  const changed = layers.map((layer) =>
    layer.title === `${title}.tar` ? { ...layer, ...change(layer) } : layer,
  );
  return recordBytes({ ...record, layers: changed });
}

const layerOf = (title: string): RecordedLayer =>
  recorded().layers.find((layer) => layer.title === `${title}.tar`)!;

describe('a record that nobody vouches for', () => {
  it('is not believed, whatever it says', async () => {
    // Somebody who may write to the registry, and knows what the files are now, wants the old weights to stay.
    writeFileSync(join(directory, 'model-1.dat'), randomBytes(2 * 1024 * 1024));
    waitAMinute();
    const { files } = await scanArtifact(directory);
    const now = new Map(files.map(({ path, identity }) => [path, writtenIdentity(identity)]));
    const forged = withLayer('model-1.dat', (layer) => ({
      files: layer.files.map((file) => ({ ...file, identity: now.get(file.path)! })),
    }));
    registry.store.putBlob(REPOSITORY, digestOf(forged), forged);
    const second = await here.build(to, { overwrite: true });
    expect(actions(second)).toEqual({ ...ALL('recorded'), 'model-1.dat': 'uploaded' });
    const fresh = await machine(directory).build(`oci:${await tempDir()}:v1`);
    expect(second.digest).toBe(fresh.digest);
  });

  it('is not even looked for', async () => {
    here.pins.pins = [];
    registry.journal.length = 0;
    const second = await here.build(to);
    expect(actions(second)).toEqual(ALL('exists'));
    expect(second.bytes.read).toBe(first.bytes.source);
    expect(registry.count('referrers')).toBe(0);
  });
});

describe('a record that is vouched for and is not used', () => {
  const cases: [string, () => void][] = [
    ['it is gone', () => registry.store.dropBlob(REPOSITORY, first.record!)],
    ['it is too large', () => vouchFor(Buffer.alloc(MAX_RECORD_BYTES + 1, ' '))],
    ['it is no JSON', () => vouchFor(randomBytes(1000))],
    ['it is no record', () => vouchFor(Buffer.from('{"version": 2}'))],
    ['it is of another storage', () => vouchFor(recordBytes({ ...recorded(), storage: 'a'.repeat(64) }))],
  ];
  it.each(cases)('where %s', async (_, poison) => {
    poison();
    const second = await here.build(to);
    expect(second.digest).toBe(first.digest);
    expect(actions(second)).toEqual(ALL('exists'));
    expect(here.warnings).toEqual([]);
    // A good one takes its place.
    expect(actions(await here.build(to))).toEqual(ALL('recorded'));
  });

  it('where other bytes are in its place', async () => {
    registry.store.putBlob(REPOSITORY, first.record!, Buffer.from('{}'));
    const second = await here.build(to);
    expect(second.digest).toBe(first.digest);
    expect(actions(second)).toEqual(ALL('exists'));
  });

  const layers: [string, () => Partial<RecordedLayer>][] = [
    ['is another layer of the image', () => ({ digest: layerOf('model-2.dat').digest })],
    [
      'is the other layer, both digests',
      () => ({ digest: layerOf('model-2.dat').digest, diffId: layerOf('model-2.dat').diffId }),
    ],
    ['is a blob of another image', () => ({ digest: digestOf('other'), diffId: digestOf('other') })],
    ['has another size', () => ({ size: 1 })],
    ['has other headers', () => ({ headers: 'b'.repeat(64) })],
    ['has no files', () => ({ files: [] })],
  ];
  it.each(layers)('for a layer that %s', async (_, change) => {
    registry.store.putBlob(REPOSITORY, digestOf('other'), Buffer.from('other'));
    vouchFor(withLayer('model-1.dat', change));
    const second = await here.build(to);
    expect(second.digest).toBe(first.digest);
    expect(actions(second)).toEqual({ ...ALL('recorded'), 'model-1.dat': 'exists' });
  });

  it('for a layer whose files are not those that the image lists', async () => {
    const forged = withLayer('files-1', ({ files }) => ({
      files: files.map((file) => ({ ...file, digest: digestOf('another content') })),
    }));
    vouchFor(forged);
    const second = await here.build(to);
    expect(second.digest).toBe(first.digest);
    expect(actions(second)).toEqual({ ...ALL('recorded'), 'files-1': 'exists' });
  });
});

describe('a record that is wrong and cannot be told from a right one', () => {
  it('is found out and replaced by a build that reads everything', async () => {
    writeFileSync(join(directory, 'model-1.dat'), randomBytes(2 * 1024 * 1024));
    waitAMinute();
    const { files } = await scanArtifact(directory);
    const now = new Map(files.map(({ path, identity }) => [path, writtenIdentity(identity)]));
    vouchFor(
      withLayer('model-1.dat', (layer) => ({
        files: layer.files.map((file) => ({ ...file, identity: now.get(file.path)! })),
      })),
    );
    // As on a file system that shows new content under an old identity.
    expect((await here.build(to)).digest).toBe(first.digest);
    const how = { overwrite: true, verifySource: 'full' } as const;
    const full = await here.build(to, how);
    expect(actions(full)).toEqual({ ...ALL('exists'), 'model-1.dat': 'uploaded' });
    const fresh = await machine(directory).build(`oci:${await tempDir()}:v1`);
    const next = await here.build(to);
    expect([full.digest, next.digest]).toEqual([fresh.digest, fresh.digest]);
    expect(actions(next)).toEqual(ALL('recorded'));
  });
});

describe('an earlier image that is not there', () => {
  it.each([
    ['was removed', (): string => `${registry.host}/${REPOSITORY}@${digestOf('gone')}`],
    ['is on a registry that cannot be reached', (): string => `127.0.0.1:9/team/bert@${digestOf('gone')}`],
    ['is named by a tag alone', (): string => `${registry.host}/${REPOSITORY}:v0`],
    ['is no reference', (): string => 'https://user:password@registry/'],
  ])('does no harm: it %s', async (_, reference) => {
    const fresh = machine(directory);
    const second = await fresh.build(`${registry.host}/team/other:v1`, {
      previous: { reference: reference(), record: first.record },
    });
    expect(second.digest).toBe(first.digest);
    expect(actions(second)).toEqual(ALL('uploaded'));
  });
});

describe('a record that cannot be stored', () => {
  it('is a warning, and the image is there', async () => {
    const target = openLayout(await tempDir());
    target.writeReferrer = () => Promise.reject(new StowageError('RegistryAuth', 'you may not'));
    const progress = { ...SILENT, warning: (text: string) => void here.warnings.push(text) };
    const report = await pack({
      ...{ directory, target, tag: 'v1', base: undefined, overwrite: false, compression: 'none' },
      ...{ storage: 'local:here:/model', progress, signal: new AbortController().signal },
    });
    expect([report.digest, report.record]).toEqual([first.digest, undefined]);
    expect(here.warnings).toEqual([expect.stringContaining('you may not')]);
  });
});
