import { expect, it } from 'vitest';
import { streamBuilder } from '../../src/builders/stream/stream.ts';
import { lookLog, lookProgress } from '../../src/controller/look-log.ts';
import type { Pod } from '../../src/kube/core.ts';

const POD: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'v1-1', namespace: 'team-a', uid: 'u', resourceVersion: '1' },
  spec: { containers: [] },
};
const SECONDS = 300;

const upload = (second: number, bytes: number) => ({
  key: second.toString(16).padStart(32, '0'),
  location: `https://registry.example.com/v2/a/blobs/uploads/${'x'.repeat(bytes)}`,
});

/** What a builder says within five minutes: its progress each second, every four what it has under way. */
function longLog(uploads: number, bytes: number): string {
  const lines: string[] = [];
  for (let second = 0; second < SECONDS; second += 1) {
    const underWay = Array.from({ length: uploads }, () => upload(second, bytes));
    if (second % 4 === 0) lines.push(JSON.stringify({ event: 'uploads', uploads: underWay }));
    lines.push(JSON.stringify({ event: 'progress', bytes: SECONDS, bytesDone: second }));
  }
  return `${lines.join('\n')}\n`;
}

const LAST_SAID = upload(SECONDS - 4, 0).key;

/** Gives a log as a kubelet does: its last lines, and of those the first bytes. */
function readerOf(log: string): Parameters<typeof lookLog>[0] {
  return {
    logs: (_pod, { tailLines = Infinity, limitBytes }) => {
      const lines = log.split(/(?<=\n)/).slice(-tailLines);
      return Promise.resolve(inChunks(Buffer.from(lines.join('')).subarray(0, limitBytes)));
    },
  };
}

async function* inChunks(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 5_000)
    yield await Promise.resolve(bytes.subarray(at, at + 5_000));
}

const SIZES: readonly [uploads: number, bytes: number][] = [
  [8, 400],
  [15, 3_900],
];

it.each(SIZES)('the log of a pod that failed names its last %i uploads', async (count, bytes) => {
  const found = streamBuilder.uploads(await lookLog(readerOf(longLog(count, bytes)), POD));
  expect(found?.map(({ key }) => key)).toEqual(Array<string>(count).fill(LAST_SAID));
});

it.each(SIZES)('a pod that runs tells how far it is, and its last %i uploads', async (count, bytes) => {
  const seen = await lookProgress(readerOf(longLog(count, bytes)), streamBuilder, POD);
  expect(seen.progress?.bytes).toBe(SECONDS - 1);
  expect(seen.uploads?.map(({ key }) => key)).toEqual(Array<string>(count).fill(LAST_SAID));
});

it('of a log with long lines the end is kept, and not all of it', async () => {
  const log = await lookLog(readerOf(`${'x'.repeat(10_000_000)}\nthe end\n`), POD);
  expect(log.length).toBeLessThan(1_000_000);
  expect(log.slice(-10)).toBe('x\nthe end\n'.slice(-10));
});
