import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logEventOf } from '../../src/cluster/log-event.ts';
import { logText } from '../../src/cluster/log-text.ts';
import { IMAGE, DIGEST } from './support/versions.ts';

describe("a line of a builder's log", () => {
  it.each([
    [{ event: 'started', target: 'r.io/a/b:v1' }, 'building r.io/a/b:v1'],
    [{ event: 'planned', layers: 1, bytes: 2048 }, '1 layer, 2.0 KiB'],
    [{ event: 'planned', layers: 3, bytes: 2048 }, '3 layers, 2.0 KiB'],
    [
      { event: 'layer', index: 0, title: 'a.tar', size: 1024, action: 'uploaded' },
      'a.tar  1.0 KiB  uploaded',
    ],
    [
      {
        event: 'progress',
        layers: 3,
        layersDone: 1,
        bytes: 2048,
        bytesDone: 1024,
        bytesPerSecond: 512,
        secondsLeft: 2,
      },
      '50 %  1.0 KiB of 2.0 KiB  512 B/s  2 s left',
    ],
    [{ event: 'progress', bytes: 0, bytesDone: 0 }, '0 %  0 B of 0 B'],
    [{ event: 'warning', message: 'a pickle' }, 'warning: a pickle'],
    [{ event: 'done', bytes: 2048, bytesDone: 2048, seconds: 3.5 }, '2.0 KiB of 2.0 KiB in 3.5 s'],
    [{ event: 'report', image: IMAGE, digest: DIGEST, size: 1, layers: [] }, `image  ${IMAGE}`],
    [
      { event: 'error', code: 'RegistryAuth', message: 'no', hint: 'log in', retryable: false },
      'error: RegistryAuth, no. log in',
    ],
    [{ event: 'novelty', bytes: 1 }, '{"event":"novelty","bytes":1}'],
    [{ event: 'planned', layers: 'many' }, '{"event":"planned","layers":"many"}'],
  ])('%j becomes %s', (event, text) => {
    expect(logText(JSON.stringify(event))).toBe(text);
  });

  it.each(['plain words', '{broken', '', 'null', '[]'])('%j stays as it is', (line) => {
    expect(logText(line)).toBe(line);
  });

  it('whatever it is, is one line that does nothing to a terminal', () => {
    const event = fc.record({
      event: fc.constantFrom('warning', 'planned', 'layer'),
      message: fc.string(),
      title: fc.string(),
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          event.map((each) => JSON.stringify(each)),
        ),
        (line) => {
          expect(() => logEventOf(line)).not.toThrow();
          expect(logText(line)).not.toMatch(/\p{Cc}/u);
        },
      ),
    );
  });
});
