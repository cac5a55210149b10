import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { streamBuilder } from '../../../src/builders/stream/stream.ts';

const planned = '{"event":"planned","layers":2,"bytes":100}\n';
const at = (bytesDone: number, more = ''): string =>
  `{"event":"progress","layers":2,"layersDone":0,"bytes":100,"bytesDone":${bytesDone}${more}}\n`;
const layer = '{"event":"layer","index":0,"title":"a","size":5,"action":"uploaded"}\n';

describe('the progress of a build, from the end of its log', () => {
  it.each([
    ['the plan', planned, { bytes: 0, total: 100 }],
    ['the last of several', planned + at(10) + at(20), { bytes: 20, total: 100 }],
    [
      'before a layer and a warning',
      `${at(20)}${layer}{"event":"warning","message":"a"}\n`,
      { bytes: 20, total: 100 },
    ],
    [
      'rate and time',
      at(20, ',"bytesPerSecond":40,"secondsLeft":2'),
      { bytes: 20, total: 100, rate: 40, eta: 2 },
    ],
    ['the end', at(20).replace('progress', 'done'), { bytes: 20, total: 100 }],
    ['a last line that is cut', at(20) + at(30).slice(0, -1), { bytes: 20, total: 100 }],
    ['a first line that is cut', at(10).slice(9) + at(20), { bytes: 20, total: 100 }],
    ['lines of others', `${at(20)}Killed\n\0\n{}\n{"event":5}\n`, { bytes: 20, total: 100 }],
    ['a report at the end', `${at(20)}{"event":"report","bytes":{"source":5}}\n`, { bytes: 20, total: 100 }],
  ])('is read: %s', (_, log, expected) => {
    expect(streamBuilder.progress(log)).toEqual(expected);
  });

  it.each([
    ['nothing', ''],
    ['a line that is cut', planned.slice(0, -1)],
    ['more done than there is', at(101)],
    ['less than nothing', at(-1)],
    ['parts of bytes', at(1.5)],
    ['more than a number holds', at(20).replace('20', '1e999')],
    ['a line that is too long', at(20, `,"a":"${'a'.repeat(2000)}"`)],
  ])('is not there: %s', (_, log) => {
    expect(streamBuilder.progress(log)).toBeUndefined();
  });

  it('is whole numbers or nothing, whatever the log says', () => {
    const line = fc.oneof(fc.string(), fc.json(), fc.constantFrom(planned, at(5), layer));
    fc.assert(
      fc.property(fc.array(line), fc.nat(200), (lines, from) => {
        const found = streamBuilder.progress(lines.join('\n').slice(from));
        if (found !== undefined) expect(found.bytes).toBeLessThanOrEqual(found.total);
      }),
    );
  });
});
