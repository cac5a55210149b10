import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tarHeader, tarPadding } from '../../src/image/tar.ts';
import { RangeInput, StreamInput } from '../../src/pull/tar-inputs.ts';
import { walkTar, type Member, type TarInput } from '../../src/pull/tar-walk.ts';
import { metaHeader, rawHeader, tarOf, withChecksum } from '../support/images.ts';

async function walked(input: TarInput): Promise<Member[]> {
  const members: Member[] = [];
  for await (const member of walkTar(input)) members.push(member);
  return members;
}

function ranges(tar: Buffer): { input: RangeInput; fetched: () => number; requests: () => number } {
  let [bytes, count] = [0, 0];
  const input = new RangeInput(tar.length, (from, length) => {
    bytes += length;
    count += 1;
    return Promise.resolve(tar.subarray(from, from + length));
  });
  return { input, fetched: () => bytes, requests: () => count };
}

function stream(tar: Buffer, chunk = 700): StreamInput {
  return new StreamInput(chunks(tar, chunk));
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function shown({ kind, name, link, size, offset }: Member): unknown {
  return [kind, name.toString(), link.toString(), size, offset];
}

const record = (text: string): string => {
  let length = text.length + 3;
  while (length !== `${length} ${text}\n`.length) length = `${length} ${text}\n`.length;
  return `${length} ${text}\n`;
};

describe('the members of a tar', () => {
  const long = `${'d'.repeat(120)}/${'e'.repeat(120)}/${'f'.repeat(120)}`;
  const content = Buffer.from('content');
  const padded = Buffer.concat([content, Buffer.alloc(505)]);
  it.each<[string, Buffer, unknown[]]>([
    ['nothing', Buffer.alloc(0), []],
    ['an end', Buffer.alloc(1024), []],
    ['no end', tarOf(['a', 'content']).subarray(0, 1024), [['file', 'a', '', 7, 512]]],
    [
      'a file behind a directory',
      tarOf({ type: 'directory', path: 'd' }, ['d/a', 'content']),
      [
        ['directory', 'd/', '', 0, 512],
        ['file', 'd/a', '', 7, 1024],
      ],
    ],
    ['our long name', tarOf([long, 'content']), [['file', long, '', 7, 1536]]],
    [
      "GNU's long name",
      tarOf(
        { raw: metaHeader('L', `${long}\0`) },
        { raw: rawHeader({ name: 'short', type: '0', size: 7, magic: 'ustar  \0' }) },
        { raw: padded },
      ),
      [['file', long, '', 7, 1536]],
    ],
    [
      "GNU's long link",
      tarOf({ raw: metaHeader('K', `${long}\0`) }, { raw: rawHeader({ name: 'l', type: '2' }) }),
      [['symlink', 'l', long, 0, 1536]],
    ],
    [
      'a PAX size',
      tarOf(
        { raw: metaHeader('x', record('size=7')) },
        { raw: rawHeader({ name: 'a', type: '0', size: 0 }) },
        { raw: padded },
      ),
      [['file', 'a', '', 7, 1536]],
    ],
    [
      'a global PAX header',
      tarOf({ raw: metaHeader('g', record('comment=none')) }, ['a', 'content']),
      [['file', 'a', '', 7, 1536]],
    ],
    [
      'a file as before USTAR',
      tarOf({ raw: rawHeader({ name: 'a', type: '\0', size: 7, magic: '\0' }) }, { raw: padded }),
      [['file', 'a', '', 7, 512]],
    ],
    [
      'a directory as before USTAR',
      tarOf({ raw: rawHeader({ name: 'd/', type: '\0', magic: '\0' }) }),
      [['directory', 'd/', '', 0, 512]],
    ],
    [
      'a hard link with a size, which has no content',
      tarOf({ raw: rawHeader({ name: 'h', type: '1', size: 7, link: 'a' }) }, ['b', '']),
      [
        ['hardlink', 'h', 'a', 0, 512],
        ['file', 'b', '', 0, 1024],
      ],
    ],
    ['a device', tarOf({ raw: rawHeader({ name: 'null', type: '3' }) }), [['other', 'null', '', 0, 512]]],
    [
      'a file with holes',
      tarOf(
        { raw: metaHeader('x', record('GNU.sparse.major=1')) },
        { raw: rawHeader({ name: 'a', type: '0', size: 7 }) },
        { raw: padded },
      ),
      [['other', 'a', '', 7, 1536]],
    ],
  ])('are read: %s', async (_, tar, expected) => {
    expect((await walked(ranges(tar).input)).map(shown)).toEqual(expected);
    expect((await walked(stream(tar))).map(shown)).toEqual(expected);
  });

  it.each<[string, Buffer, RegExp]>([
    ['half a header', Buffer.alloc(300, 1), /middle of a header/],
    ['no tar', Buffer.alloc(2048, 'x'), /checksum/],
    ['half a member', tarOf(['a', 'x'.repeat(2000)]).subarray(0, 1500), /middle of a member/],
    [
      'a size beyond all numbers',
      tarOf({ raw: rawHeader({ name: 'a', type: '0', size: Buffer.alloc(12, 0xbf) }) }),
      /size that cannot be/,
    ],
    [
      'a negative size',
      tarOf({ raw: rawHeader({ name: 'a', type: '0', size: Buffer.alloc(12, 0xff) }) }),
      /size that cannot be/,
    ],
    [
      'a size that is text',
      tarOf({ raw: rawHeader({ name: 'a', type: '0', size: Buffer.from('seven bytes\0') }) }),
      /no number/,
    ],
    [
      'a PAX size that is text',
      tarOf({ raw: metaHeader('x', record('size=-7')) }, ['a', '']),
      /size that cannot be/,
    ],
    ['a PAX record that is too long', tarOf({ raw: metaHeader('x', '99 path=a\n') }, ['a', '']), /PAX/],
    ['a PAX record without a value', tarOf({ raw: metaHeader('x', '7 path\n') }, ['a', '']), /PAX/],
    [
      'a header of 2 GiB',
      tarOf({ raw: rawHeader({ name: 'x', type: 'x', size: 2 ** 31 }) }),
      /header of 2147483648/,
    ],
    [
      'headers without end',
      Buffer.concat(Array.from({ length: 9 }, () => metaHeader('x', record(`a=${'b'.repeat(600_000)}`)))),
      /too many headers/,
    ],
    ["GNU's old holes", tarOf({ raw: rawHeader({ name: 'a', type: 'S' }) }), /holes/],
  ])('are not read: %s', async (_, tar, why) => {
    await expect(walked(ranges(tar).input)).rejects.toThrow(why);
    await expect(walked(stream(tar))).rejects.toThrow(why);
  });

  it('are found through ranges as in a stream, whatever the sizes', async () => {
    const member = fc.record({
      name: fc.stringMatching(/^[a-zé/]{1,300}$/),
      size: fc.integer({ min: 0, max: 80_000 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(member, { maxLength: 12 }),
        fc.integer({ min: 100, max: 5000 }),
        async (members, chunk) => {
          const tar = tarOf(
            ...members.map(({ name, size }) => [`m${name}m`, Buffer.alloc(size, 'c')] as const),
          );
          const found = await walked(stream(tar, chunk));
          expect(found.map(({ size }) => size)).toEqual(members.map(({ size }) => size));
          expect((await walked(ranges(tar).input)).map(shown)).toEqual(found.map(shown));
          for (const { size, offset } of found)
            expect(tar.subarray(offset, offset + size).equals(Buffer.alloc(size, 'c'))).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('end in an error or not at all where bytes are others, and never hang', async () => {
    const good = tarOf(['a', 'content'], [`long/${'n'.repeat(200)}`, 'x'.repeat(900)], {
      type: 'symlink',
      path: 's',
      target: 'a',
    });
    const change = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        async (changes, fixed) => {
          const tar = Buffer.from(good);
          for (const { at, byte } of changes) tar.writeUInt8(byte, at);
          if (fixed) for (const at of [0, 1024]) withChecksum(tar.subarray(at, at + 512));
          const results = await Promise.allSettled([walked(ranges(tar).input), walked(stream(tar))]);
          for (const result of results)
            if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(SyntaxError);
          expect(results[0].status).toBe(results[1].status);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('what is fetched of a tar', () => {
  it('of one large file is its beginning and its end', async () => {
    const tar = Buffer.alloc(64 * 1024 ** 2);
    tarHeader({ type: 'file', path: 'models/m', size: tar.length - 1536 }).copy(tar);
    const { input, fetched, requests } = ranges(tar);
    expect(await walked(input)).toHaveLength(1);
    expect([requests(), fetched()]).toEqual([2, 16 * 1024 + 1024]);
  });

  it('of many small files is read along, in few requests', async () => {
    const tar = tarOf(
      ...Array.from({ length: 500 }, (_, index) => [`f${index}`, 'x'.repeat(10_000)] as const),
    );
    const { input, requests } = ranges(tar);
    expect(await walked(input)).toHaveLength(500);
    expect(requests()).toBeLessThan(40);
  });

  it('of files that lie far apart is a header each', async () => {
    const size = 2 * 1024 ** 2;
    const tar = tarOf(...Array.from({ length: 8 }, (_, index) => [`f${index}`, Buffer.alloc(size)] as const));
    const { input, fetched } = ranges(tar);
    expect(await walked(input)).toHaveLength(8);
    expect(fetched()).toBeLessThan(64 * 1024);
    expect(tarPadding(size)).toBe(0);
  });
});
