import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Throttle } from '../../src/oci/target.ts';
import { UploadBody } from '../../src/registry/upload-body.ts';
import { blobSource, someBytes } from '../support/blob-sources.ts';

const signal = new AbortController().signal;
/** Up to here undici may ask for the next chunk while it still has this one. */
const KIB = 1024;
const HELD_BELOW = 64 * KIB;

describe('the bytes on their way into requests', () => {
  it.each<[string, number, number]>([
    // what, the first byte, bytes of a request
    ['begin in the middle of what the source gives', 70_000, Infinity],
    ['go into requests that end in the middle of it', 0, 130_000],
    ['do both', 70_000, 100_000],
  ])('stay what they are while the next are asked for, where they %s', async (_, from, limit) => {
    const bytes = someBytes(400_000);
    const body = new UploadBody(blobSource(bytes, { chunk: 100_000 }), from, { signal });
    let at = from;
    const held: { chunk: Uint8Array; at: number }[] = [];
    while (!(await body.atEnd())) {
      for await (const chunk of body.part(limit)) {
        if (chunk.length < HELD_BELOW) held.push({ chunk, at });
        at += chunk.length;
      }
    }
    expect(at).toBe(bytes.length);
    expect(held.length).toBeGreaterThan(0);
    for (const { chunk, at: begin } of held)
      expect(bytes.subarray(begin, begin + chunk.length).equals(chunk)).toBe(true);
  });

  it('are at hand before there is a request that would wait for them', async () => {
    let given = 0;
    const beforeChunk = (): void => void (given += 1);
    const body = new UploadBody(blobSource(someBytes(100_000), { chunk: 10_000, beforeChunk }), 50_000, {
      signal,
    });
    expect(await body.atEnd()).toBe(false);
    expect(given).toBe(6);
    expect((await body.part(Infinity).next()).value).toHaveLength(10_000);
    expect(given).toBe(6);
    await body.close();
  });

  it('are waited for in pieces that a slow line takes soon', async () => {
    const bytes = someBytes(100_000);
    const asked: number[] = [];
    const take: Throttle['take'] = (many) => Promise.resolve(void asked.push(many));
    const throttle = { most: 16 * KIB, take };
    const body = new UploadBody(blobSource(bytes, { chunk: 50_000 }), 0, { signal, throttle });
    const got: Buffer[] = [];
    for await (const chunk of body.part(Infinity)) got.push(Buffer.from(chunk));
    expect(Buffer.concat(got).equals(bytes)).toBe(true);
    expect(asked).toEqual([16_384, 16_384, 16_384, 848, 16_384, 16_384, 16_384, 848]);
  });

  it('are not waited for, nor counted as sent, once the request has broken', async () => {
    const waiting: AbortSignal[] = [];
    const throttle: Throttle = {
      most: 1000,
      take: (_, within) =>
        new Promise((_resolve, reject) => {
          waiting.push(within);
          within.addEventListener('abort', () => reject(new Error('given up')));
        }),
    };
    let sent = 0;
    const onSent = (bytes: number): void => void (sent += bytes);
    const body = new UploadBody(blobSource(someBytes(10_000)), 0, { signal, throttle, onSent });
    const next = body.part(Infinity).next();
    const ended = expect(next).rejects.toThrow('given up');
    while (waiting.length === 0) await tick();
    await body.close();
    await ended;
    expect(sent).toBe(0);
  });
});
