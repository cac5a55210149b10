import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PrintedUploads } from '../../../src/builders/in-pod/printed-uploads.ts';
import { uploads } from '../../../src/builders/stream/uploads.ts';

const REPOSITORY = 'r.example.com/team/bert';
const A = { key: 'a'.repeat(64), location: 'https://r.example.com/v2/team/bert/blobs/uploads/1' };
const B = { key: 'b'.repeat(64), location: 'https://r.example.com/v2/team/bert/blobs/uploads/2' };

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
    expect(await next.kept.take(REPOSITORY, A.key)).toBe(A.location);
    await next.kept.forget(REPOSITORY, A.key);
    expect(next.said()).toEqual([B]);
  });

  it('are taken once', async () => {
    const { kept } = pod(JSON.stringify([A]));
    expect(await kept.take(REPOSITORY, A.key)).toBe(A.location);
    expect(await kept.take(REPOSITORY, A.key)).toBeUndefined();
    await kept.release(REPOSITORY, A.key);
    expect(await kept.take(REPOSITORY, A.key)).toBe(A.location);
  });

  it('that nobody will go on with are given to whoever cancels them', async () => {
    const { kept, said } = pod(JSON.stringify([A, B]));
    expect(await kept.takeLeftovers(REPOSITORY, new Set([B.key]))).toEqual([A]);
    expect(said()).toEqual([B]);
  });

  it.each([
    ['is not there', undefined],
    ['is no JSON', '{'],
    ['is something else', '[{"key":"../x","location":1}]'],
  ])('are none where what an earlier pod has left %s', async (_, left) => {
    expect(await pod(left).kept.takeLeftovers(REPOSITORY, new Set())).toEqual([]);
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
