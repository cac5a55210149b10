import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArtifactFile } from '../../src/artifact/artifact.ts';
import { planLayers } from '../../src/image/plan.ts';
import { tarChunks, type Piece } from '../../src/pack/tar-chunks.ts';

const identity = { dev: 1n, ino: 1n, mtimeNs: 1n, ctimeNs: 1n };

function file(path: string, size: number): ArtifactFile {
  return { path, location: `/${path}`, size, identity, format: 'other' };
}

const lengthOf = (piece: Piece): number => ('bytes' in piece ? piece.bytes.length : piece.length);

describe('tarChunks', () => {
  it('makes full chunks without gaps that hold every byte of every file once, in order', () => {
    const sizes = fc.array(fc.nat({ max: 5000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 4096 }), (all, chunkBytes) => {
        const files = all.map((size, index) => file(`f${String(index).padStart(3, '0')}`, size));
        const [layer] = planLayers({ files, emptyDirectories: [] });
        const chunks = [...tarChunks(layer!, chunkBytes)];
        expect(chunks.reduce((sum, { size }) => sum + size, 0)).toBe(layer!.size);
        expect(chunks.slice(0, -1).every(({ size }) => size === chunkBytes)).toBe(true);
        const read = new Map<string, number>();
        for (const { size, pieces } of chunks) {
          let at = 0;
          for (const piece of pieces) {
            expect(piece.at).toBe(at);
            at += lengthOf(piece);
            if ('bytes' in piece) continue;
            expect(piece.from).toBe(read.get(piece.file.path) ?? 0);
            read.set(piece.file.path, piece.from + piece.length);
          }
          expect(at).toBe(size);
        }
        expect([...read]).toEqual(files.map(({ path, size }) => [path, size]));
      }),
    );
  });

  it('begins at any byte, as if what lies before were not there', () => {
    const sizes = fc.array(fc.nat({ max: 2000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 1, max: 4096 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, chunkBytes, share) => {
          const files = all.map((size, index) => file(`f${index}`, size));
          const [layer] = planLayers({ files, emptyDirectories: [] });
          const start = Math.round(share * layer!.size);
          const bytesOf = (from: number): string[] =>
            [...tarChunks(layer!, chunkBytes, from)].flatMap(({ pieces }) =>
              pieces.flatMap((piece) =>
                'bytes' in piece
                  ? [...piece.bytes].map(String)
                  : Array.from({ length: piece.length }, (_, i) => `${piece.file.path} ${piece.from + i}`),
              ),
            );
          expect(bytesOf(start)).toEqual(bytesOf(0).slice(start));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('does not hold a large layer in memory to cut it', () => {
    const [layer] = planLayers({ files: [file('weights', 2 ** 40)], emptyDirectories: [] });
    const chunks = tarChunks(layer!, 512 * 1024);
    expect(chunks.next().value?.pieces).toHaveLength(3); // models/, the file's header, its first bytes
  });
});
