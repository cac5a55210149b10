import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import { HashThread } from '../../src/pull/hash-thread.ts';
import { PartFile } from '../../src/pull/part-file.ts';
import { tempDir } from '../support/tempdir.ts';

const BYTES = Buffer.from('what the image has');

async function open(): Promise<{ file: PartFile; directory: string }> {
  const thread = new HashThread();
  onTestFinished(() => thread.end());
  const directory = await tempDir();
  const digest = digestOf(BYTES);
  const blob = { mediaType: MEDIA.layer, digest, size: BYTES.length };
  const part = { title: 'w', blob, from: 0, length: BYTES.length, before: [], after: [], digest };
  const place = { path: join(directory, 'part'), thread, signal: new AbortController().signal };
  const file = await PartFile.open(part, place);
  onTestFinished(() => file.leave().catch(() => undefined));
  return { file, directory };
}

function after(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });
  onTestFinished(() => void vi.useRealTimers());
}

it('a part is written and checked', async () => {
  const { file } = await open();
  file.write(BYTES.subarray(5), 5);
  file.write(BYTES.subarray(0, 5), 0);
  expect(await file.isRight()).toBe(true);
});

it('a part is written on after a long pause, while its file is where it was', async () => {
  const { file } = await open();
  after(120_000);
  file.write(BYTES, 0);
  expect(await file.isRight()).toBe(true);
});

it('a file that another pull has taken over meanwhile is not written to any more', async () => {
  const { file, directory } = await open();
  file.write(BYTES, 0);
  const theirs = join(directory, 'theirs');
  renameSync(file.path, theirs);
  after(120_000);
  expect(() => file.write(Buffer.from('other'), 0)).toThrow(expect.objectContaining({ code: 'StateBusy' }));
  expect(readFileSync(theirs).equals(BYTES)).toBe(true);
});
