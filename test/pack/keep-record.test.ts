import { expect, it } from 'vitest';
import { openLayout } from '../../src/layout/layout.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import { keepRecord } from '../../src/pack/keep-record.ts';
import { MAX_RECORDED_FILES, type RecordedFile, type RecordedLayer } from '../../src/record/record.ts';
import { SILENT } from '../../src/telemetry/progress.ts';
import { tempDir } from '../support/tempdir.ts';

const digest = digestOf('a layer');
const IMAGE = { mediaType: MEDIA.manifest, digest, size: 5 };

const layer = (files: readonly RecordedFile[]): RecordedLayer => ({
  ...{ title: 'files-1.tar', mediaType: MEDIA.layer, digest, diffId: digest, size: 5 },
  headers: 'a'.repeat(64),
  files: [...files],
});

async function warningsOf(layers: readonly RecordedLayer[]): Promise<string[]> {
  const warnings: string[] = [];
  const kept = await keepRecord(layers, IMAGE, {
    target: openLayout(await tempDir()),
    storage: 'local:here:/model',
    earlier: undefined,
    progress: { ...SILENT, warning: (text) => void warnings.push(text) },
    signal: new AbortController().signal,
  });
  expect(kept === undefined).toBe(warnings.length > 0);
  return warnings;
}

it('a model of more files than a record may have is built without one, and that is said', async () => {
  const file = { path: 'a', size: 0, offset: 0 };
  const half = layer(Array<RecordedFile>(MAX_RECORDED_FILES / 2).fill(file));
  expect(await warningsOf([half, layer([file])])).toEqual([]);
  expect(await warningsOf([half, half, layer([file])])).toEqual([expect.stringContaining('100000 files')]);
});

it('so is one whose record would have more bytes than one is read of', async () => {
  const file = { path: 'a'.repeat(4000), size: 0, offset: 0 };
  const warnings = await warningsOf([layer(Array<RecordedFile>(9_000).fill(file))]);
  expect(warnings).toEqual([expect.stringContaining('the next build reads everything')]);
});
