/** Builds as one machine makes them one after the other, with what it remembers of them. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { openLayout } from '../../src/layout/layout.ts';
import { MEDIA, parseManifest } from '../../src/oci/manifest.ts';
import { documentSource } from '../../src/pack/stored-blobs.ts';
import { addImage } from '../image/support/base-image.ts';
import { MemoryStore } from '../image/support/memory-store.ts';
import { fileMember, tarOf } from '../image/support/tar.ts';
import { collect } from '../support/layers.ts';
import { LAYER_LIMITS } from '../../src/image/plan.ts';
import { packTo, type PackToRequest } from '../../src/pack/pack-to.ts';
import type { Report } from '../../src/pack/report.ts';
import type { Pin, RecordPins } from '../../src/record/pins.ts';
import { SILENT } from '../../src/telemetry/progress.ts';
import { tempDir } from '../support/tempdir.ts';

const MIB = 1024 * 1024;
export const SHARD_BYTES = 2 * MIB;
// Shards of 2 MiB instead of 64 are decided about in the same way, in a thirtieth of the time.
Object.assign(LAYER_LIMITS, { largeFile: SHARD_BYTES });
const SHARDS = ['model-1.dat', 'model-2.dat'] as const;

/** A model of two shards that do not compress, and three small files in one layer. */
export async function makeModel(): Promise<string> {
  const directory = join(await tempDir(), 'model');
  mkdirSync(join(directory, 'extra'), { recursive: true });
  for (const shard of SHARDS) writeFileSync(join(directory, shard), randomBytes(SHARD_BYTES));
  writeFileSync(join(directory, 'config.json'), '{"model_type": "bert"}');
  writeFileSync(join(directory, 'extra', 'vocab.txt'), 'a\nb\n');
  writeFileSync(join(directory, 'tokenizer.json'), '{}');
  return directory;
}

/** Moves the clock on, so that all that was written by now was written some time ago. */
export function waitAMinute(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
}

export class MemoryPins implements RecordPins {
  pins: Pin[] = [];

  list(): Promise<readonly Pin[]> {
    return Promise.resolve(this.pins);
  }

  add(pin: Pin): Promise<void> {
    this.pins.unshift(pin);
    return Promise.resolve();
  }
}

/** What the model of a machine lies on. */
export const STORAGE = 'local:here:/model';

export interface Machine {
  readonly directory: string;
  readonly pins: MemoryPins;
  readonly warnings: string[];
  build(to: string, more?: Partial<PackToRequest>): Promise<Report>;
}

export function machine(directory: string): Machine {
  const pins = new MemoryPins();
  const warnings: string[] = [];
  const build = (to: string, more: Partial<PackToRequest> = {}): Promise<Report> =>
    packTo({
      ...{ directory, to, pins, base: undefined, overwrite: false, compression: 'none' },
      storage: STORAGE,
      open: { plainHttp: false },
      progress: { ...SILENT, warning: (text) => void warnings.push(text) },
      signal: new AbortController().signal,
      ...more,
    });
  return { directory, pins, warnings, build };
}

/** What became of the layers: `model-1.dat` → `recorded`. */
export function actions({ layers }: Report): Record<string, string> {
  return Object.fromEntries(layers.map(({ title, action }) => [title.replace(/\.tar$/, ''), action]));
}

export const ALL = (action: string): Record<string, string> => ({
  'model-1.dat': action,
  'model-2.dat': action,
  'files-1': action,
  'kubedl-model': action,
});

/** A small image to put a model on top of, in a layout of its own. @returns its reference */
export async function baseImage(name: string): Promise<string> {
  const store = new MemoryStore();
  const layer = tarOf([fileMember(`etc/${name}`, name)]);
  addImage(store, { layers: [{ bytes: layer, mediaType: MEDIA.layer }], tag: 'v1' });
  const directory = await tempDir();
  const layout = openLayout(directory);
  const { signal } = new AbortController();
  const manifest = await store.readManifest('v1');
  if (manifest === undefined) throw new Error('no base was made');
  const { config, layers } = parseManifest(manifest.bytes, 'the base');
  for (const blob of [config, ...layers]) {
    const { bytes } = await collect(store.readBlob(blob, signal));
    await layout.writeBlob(documentSource('a blob of the base', bytes), { signal });
  }
  await layout.writeManifest(MEDIA.manifest, manifest.bytes, { tag: 'v1', signal });
  return `oci:${directory}:v1`;
}
