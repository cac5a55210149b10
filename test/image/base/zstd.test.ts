import fc from 'fast-check';
import { constants, createZstdDecompress, zstdCompressSync } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { cutAtFrames, isZstd } from '../../../src/image/base/zstd.ts';

const { ZSTD_c_checksumFlag, ZSTD_c_contentSizeFlag } = constants;

/** A frame that decoders skip. */
function skippable(content: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a53);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}

function inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncIterable<Uint8Array> {
  return (async function* () {
    for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
      const end = start + (sizes[turn % sizes.length] ?? 1);
      yield await Promise.resolve(bytes.subarray(start, end));
      start = end;
    }
  })();
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 4 });
const content = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  // Long runs make blocks of the kind that stores one byte.
  fc.tuple(fc.nat(255), fc.nat(400_000)).map(([byte, length]) => Buffer.alloc(length, byte)),
);

describe('cutting zstd data at its frames', () => {
  const frame = fc.record({ content, checksum: fc.boolean(), size: fc.boolean(), skip: fc.boolean() });

  it('lets Node decompress any number of frames, however they arrive', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 6 }), sizes, async (frames, pieces) => {
        const stored = frames.map(({ content: bytes, checksum, size, skip }) => {
          const params = { [ZSTD_c_checksumFlag]: Number(checksum), [ZSTD_c_contentSizeFlag]: Number(size) };
          const compressed = zstdCompressSync(bytes, { params });
          return skip ? Buffer.concat([skippable(bytes.subarray(0, 50)), compressed]) : compressed;
        });
        const source = cutAtFrames(inPieces(Buffer.concat(stored), pieces));
        const read = await pipeline(source, createZstdDecompress(), joined);
        expect(read.equals(Buffer.concat(frames.map((each) => each.content)))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('changes no byte, whatever the data is', async () => {
    const magic = fc.constantFrom(
      zstdCompressSync(Buffer.from('some data')),
      skippable(Buffer.alloc(9)),
      Buffer.alloc(0),
    );
    await fc.assert(
      fc.asyncProperty(magic, fc.uint8Array({ maxLength: 5000 }), sizes, async (start, rest, pieces) => {
        const bytes = Buffer.concat([start, rest]);
        expect((await joined(cutAtFrames(inPieces(bytes, pieces)))).equals(bytes)).toBe(true);
      }),
    );
  });

  it('closes its source when it is left early', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield await Promise.resolve(zstdCompressSync(Buffer.from('again')));
      } finally {
        closed = true;
      }
    }
    for await (const piece of cutAtFrames(source())) if (piece.length > 0) break;
    expect(closed).toBe(true);
  });
});

describe('zstd data', () => {
  it.each([
    ['a frame', zstdCompressSync(Buffer.from('x')), true],
    ['a frame that is skipped', skippable(Buffer.alloc(0)), true],
    ['three bytes of a frame', Buffer.from([0x28, 0xb5, 0x2f]), false],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), false],
    ['nothing', Buffer.alloc(0), false],
  ])('is told by its first bytes: %s', (_, bytes, expected) => {
    expect(isZstd(bytes)).toBe(expected);
  });
});
