import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uploads } from '../../../src/builders/stream/uploads.ts';

const upload = (name: string, location = `https://r.example.com/v2/a/blobs/uploads/${name}`) => ({
  ...{ key: name.repeat(32), location },
});
const line = (...list: unknown[]): string => `${JSON.stringify({ event: 'uploads', uploads: list })}\n`;
const PROGRESS = '{"event":"progress","layers":2,"layersDone":0,"bytes":100,"bytesDone":3}\n';

describe('the uploads of a build, from the end of its log', () => {
  it.each<[string, string, unknown]>([
    ['what was said last', line(upload('a')) + line(upload('a'), upload('b')), [upload('a'), upload('b')]],
    ['between other lines', PROGRESS + line(upload('a')) + PROGRESS, [upload('a')]],
    ['that there are none any more', line(upload('a')) + line(), []],
    ['what was stored', line({ key: 'a'.repeat(32) }), [{ key: 'a'.repeat(32) }]],
    ['nothing where nothing is said', PROGRESS, undefined],
    ['nothing of an empty log', '', undefined],
    ['nothing of a line that is cut', line(upload('a')).trimEnd(), undefined],
    ['nothing of a line that is no JSON', '{"event":"uploads",\n', undefined],
    ['nothing of more than there can be', line(...Array<unknown>(128).fill(upload('a'))), undefined],
    ['nothing of addresses that are too long', line(upload('a', `https://${'a'.repeat(8192)}`)), undefined],
    ['nothing of other keys', line({ ...upload('a'), key: '../a' }), undefined],
  ])('are %s', (_, log, expected) => {
    expect(uploads(log)).toEqual(expected);
  });

  it('are those of a status, or none, whatever a pod prints', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constant('{"event":"uploads"'))), (lines) => {
        uploads(lines.join('\n'));
      }),
    );
  });
});
