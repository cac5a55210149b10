import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PrintedUploads } from '../../../src/builders/in-pod/printed-uploads.ts';
import { uploads } from '../../../src/builders/stream/uploads.ts';

const REPOSITORY = 'r.example.com/team/bert';
const A = { key: 'a'.repeat(32), location: 'https://r.example.com/v2/team/bert/blobs/uploads/1' };
const B = { key: 'b'.repeat(32), location: 'https://r.example.com/v2/team/bert/blobs/uploads/2' };

/** A pod's uploads, and what its log says of them. */
function pod(left?: string): { kept: PrintedUploads; said: () => unknown; log: () => string } {
  const out = new PassThrough();
  let log = '';
  out.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const kept = new PrintedUploads(out, left);
  onTestFinished(() => kept.close());
  return { kept, said: () => uploads(log), log: () => log };
}

describe('the uploads that a pod has under way', () => {
  it('stand in its log, from where the next pod has them', async () => {
    const { kept, said } = pod();
    await kept.keep(REPOSITORY, A.key, 'https://r.example.com/v2/team/bert/blobs/uploads/0');
    await kept.keep(REPOSITORY, A.key, A.location);
    await kept.keep(REPOSITORY, B.key, B.location);
    expect(said()).toEqual([A, B]);
    const next = pod(JSON.stringify(said()));
    expect(await next.kept.take(REPOSITORY, A.key)).toEqual(A);
    await next.kept.forget(REPOSITORY, A.key);
    expect(next.said()).toEqual([B]);
  });

  it('are taken once', async () => {
    const { kept } = pod(JSON.stringify([A]));
    expect(await kept.take(REPOSITORY, A.key)).toEqual(A);
    expect(await kept.take(REPOSITORY, A.key)).toBeUndefined();
    await kept.release(REPOSITORY, A.key);
    expect(await kept.take(REPOSITORY, A.key)).toEqual(A);
  });

  it('stay as a word that they were stored, until their image is there', async () => {
    const { kept, said } = pod(JSON.stringify([A]));
    expect(await kept.take(REPOSITORY, A.key)).toEqual(A);
    await kept.stored(REPOSITORY, A.key);
    expect(said()).toEqual([{ key: A.key }]);
    const next = pod(JSON.stringify(said())).kept;
    expect(await next.takeLeftovers(REPOSITORY, new Set([A.key]), 9)).toEqual([]);
    expect(await next.take(REPOSITORY, A.key)).toEqual({ key: A.key });
    await next.release(REPOSITORY, A.key);
    expect(await next.takeLeftovers(REPOSITORY, new Set(), 0)).toEqual([]);
    expect(await next.take(REPOSITORY, A.key)).toBeUndefined();
  });

  it('of as many layers as an image can have fit into a line of a few kilobytes', async () => {
    const { kept, said, log } = pod();
    const keys = Array.from({ length: 126 }, (_, index) => index.toString(16).padStart(32, '0'));
    for (const key of keys) await kept.stored(REPOSITORY, key);
    expect(said()).toEqual(keys.map((key) => ({ key })));
    expect(log().trimEnd().split('\n').at(-1)?.length).toBeLessThan(6 * 1024);
  });

  it('leave out the longest addresses where a line would be longer than is read', async () => {
    const { kept, said } = pod();
    const long = (length: number): string => `${A.location}?_state=`.padEnd(length, 'x');
    const uploads = Array.from({ length: 20 }, (_, index) => ({
      key: index.toString(16).padStart(32, '0'),
      location: long(8_000 - index),
    }));
    for (const { key, location } of uploads) await kept.keep(REPOSITORY, key, location);
    await kept.stored(REPOSITORY, A.key);
    expect(said()).toEqual([...uploads.slice(-8), { key: A.key }]);
  });

  it('that are more than can be cancelled stay', async () => {
    const { kept, said } = pod(JSON.stringify([A, B]));
    expect(await kept.takeLeftovers(REPOSITORY, new Set(), 1)).toEqual([A]);
    expect(said()).toEqual([B]);
  });

  it('that nobody will go on with are given to whoever cancels them', async () => {
    const { kept, said } = pod(JSON.stringify([A, B]));
    expect(await kept.takeLeftovers(REPOSITORY, new Set([B.key]), 9)).toEqual([A]);
    expect(said()).toEqual([B]);
  });

  it.each([
    ['is not there', undefined],
    ['is no JSON', '{'],
    ['is something else', '[{"key":"../x","location":1}]'],
  ])('are none where what an earlier pod has left %s', async (_, left) => {
    expect(await pod(left).kept.takeLeftovers(REPOSITORY, new Set(), 9)).toEqual([]);
  });

  it('are said again and again, until there are none', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { kept, log } = pod();
    const times = (): number => log().split('"event":"uploads"').length - 1;
    await kept.keep(REPOSITORY, A.key, A.location);
    vi.advanceTimersByTime(9_000);
    expect(times()).toBe(3);
    await kept.forget(REPOSITORY, A.key);
    vi.advanceTimersByTime(9_000);
    expect(times()).toBe(4);
  });
});
