import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TENSORS, readGguf } from '../../src/artifact/gguf.ts';
import { MAX_PAIRS } from '../../src/artifact/gguf-metadata.ts';
import { StowageError } from '../../src/errors.ts';
import { ggufBytes, ggufStart, u32, u64, type GgufSpec, type GgufTensor } from '../support/model-files.ts';
import { errorOf, MemoryFile } from './support.ts';

const read = (bytes: Buffer): ReturnType<typeof readGguf> => readGguf(new MemoryFile(bytes, 'm.gguf'));

const llama: GgufSpec = {
  metadata: {
    'general.architecture': { text: 'llama' },
    'general.file_type': { u32: 15 },
    'llama.context_length': { u32: 131_072 },
    'other.context_length': { u32: 5 },
    'llama.rope.freq_base': { f32: 500_000 },
    'general.description': { text: 'x'.repeat(1000) },
    'tokenizer.ggml.tokens': { texts: ['<s>', '</s>', 'a', '', 'ü'] },
    'tokenizer.ggml.scores': { u32s: [1, 2, 3, 4, 5] },
  },
  tensors: [
    { name: 'token_embd.weight', dimensions: [256, 2], type: 12, bytes: 288 },
    { name: 'output_norm.weight', dimensions: [256], type: 0, bytes: 1024 },
    { name: 'scalar', dimensions: [], type: 1, bytes: 2 },
  ],
};

/** A header by hand: magic, version 3, and what follows. */
const raw = (...parts: Buffer[]): Buffer => Buffer.concat([Buffer.from('GGUF'), u32(3), ...parts]);
const small: GgufTensor = { name: 's', dimensions: [2], type: 0, bytes: 8 };
const oneTensor = (tensor: Partial<GgufTensor>): Buffer =>
  ggufBytes({ tensors: [{ name: 't', dimensions: [32], type: 0, bytes: 128, ...tensor }] });

describe('readGguf', () => {
  it.each([2, 3])('reads what a file of version %d says of the model', async (version) => {
    expect(await read(ggufBytes({ ...llama, version }))).toEqual({
      header: {
        tensors: 3,
        weights: new Map([
          ['Q4_K', 512],
          ['F32', 256],
          ['F16', 1],
        ]),
        architecture: 'llama',
        contextLength: 131_072,
        quantization: 'Q4_K_M',
      },
    });
  });

  it('reads a context length of 64 bits, and facts in any order', async () => {
    const metadata = { 'bert.context_length': { u64: 512 }, 'general.architecture': { text: 'bert' } };
    expect(await read(ggufBytes({ metadata }))).toMatchObject({
      header: { contextLength: 512, architecture: 'bert' },
    });
  });

  it.each<[string, GgufSpec['metadata']]>([
    ['of another type', { 'general.architecture': { u32: 1 }, 'general.file_type': { text: 'Q4' } }],
    ['that nobody knows', { 'general.file_type': { u32: 1024 } }],
    ['that were removed', { 'general.file_type': { u32: 33 } }],
    ['of no length', { 'general.architecture': { text: '' }, '.context_length': { u32: 0 } }],
    ['that are no plain text', { 'general.architecture': { text: 'a\u001b[31m' } }],
    ['that are too long', { 'general.architecture': { text: 'a'.repeat(300) } }],
  ])('leaves out facts %s', async (_, metadata) => {
    expect(await read(ggufBytes({ ...llama, metadata: metadata ?? {} }))).toEqual({
      header: { tensors: 3, weights: expect.any(Map) as Map<string, number> },
    });
  });

  it('skips the vocabulary without reading its texts, and reads no weights', async () => {
    const metadata = { 'tokenizer.ggml.tokens': { texts: ['x'.repeat(5_000_000), 'y'] }, ...llama.metadata };
    const tensors = [{ name: 'w', dimensions: [1_000_000], type: 0, bytes: 4_000_000 }];
    const file = new MemoryFile(ggufBytes({ metadata, tensors }));
    expect(await readGguf(file)).toMatchObject({ header: { tensors: 1, architecture: 'llama' } });
    expect(file.bytesRead).toBeLessThan(600_000);
  });

  it('reads headers that are longer than what it reads at a time', async () => {
    const texts = Array.from({ length: 100_000 }, (_, index) => `token ${index}`);
    const metadata = { 'tokenizer.ggml.tokens': { texts }, ...llama.metadata };
    expect(await read(ggufBytes({ ...llama, metadata }))).toMatchObject({
      header: { tensors: 3, contextLength: 131_072 },
    });
  });

  it('takes the alignment that the file states', async () => {
    const metadata = { 'general.alignment': { u32: 4096 } };
    const bytes = ggufBytes({ ...llama, metadata, alignment: 4096 });
    expect(await read(bytes)).toMatchObject({ header: { tensors: 3 } });
    expect((await errorOf(read(bytes.subarray(0, bytes.length - 4096)))).code).toBe('ArtifactTruncated');
  });

  it('does without the padding after the last tensor', async () => {
    const bytes = ggufBytes(llama);
    expect(await read(bytes.subarray(0, bytes.length - 30))).toMatchObject({ header: { tensors: 3 } });
    expect((await errorOf(read(bytes.subarray(0, bytes.length - 31)))).code).toBe('ArtifactTruncated');
  });

  it('counts a tensor of a type that it does not know, and checks where it begins', async () => {
    const bytes = oneTensor({ type: 250, bytes: 64 });
    expect(await read(bytes)).toEqual({ header: { tensors: 1, weights: new Map([['other', 32]]) } });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a magic', Buffer.from('GGUF')],
    ['a version', raw()],
    ['half a header', raw(u64(0))],
    ['more tensors than fit into it', raw(u64(1_000_000), u64(0), Buffer.alloc(1000))],
    ['more keys than fit into it', raw(u64(0), u64(1_000_000), Buffer.alloc(1000))],
    ['a key that is longer than it', raw(u64(0), u64(1), u64(60_000), Buffer.alloc(1000))],
    ['a text that is longer than it', raw(u64(0), u64(1), u64(1), Buffer.from('k'), u32(8), u64(2 ** 52))],
    [
      'an array that is longer than it',
      raw(u64(0), u64(1), u64(1), Buffer.from('k'), u32(9), u32(12), u64(2 ** 52)),
    ],
    [
      'texts that are more than it',
      raw(u64(0), u64(1), u64(1), Buffer.from('k'), u32(9), u32(8), u64(2 ** 52)),
    ],
    ['no weights', ggufStart(llama).start],
    ['a tensor beyond its end', oneTensor({ dimensions: [2 ** 20, 2 ** 20, 2 ** 10] })],
  ])('calls a file with %s truncated', async (_, bytes) => {
    const error = await errorOf(read(bytes));
    expect(error.code).toBe('ArtifactTruncated');
    expect(error.message).toMatch(
      /^"m\.gguf" is cut short: it has \d+ bytes, by its header it needs [\de+.]+$/,
    );
  });

  const array = (type: number): Buffer =>
    raw(u64(0), u64(1), u64(1), Buffer.from('k'), u32(9), u32(type), u64(1), Buffer.alloc(64));
  it.each([
    ['another magic', Buffer.from('GGML0000'), 'does not begin with "GGUF"'],
    ['version 0', Buffer.concat([Buffer.from('GGUF'), u32(0)]), 'version 0'],
    ['a text in place of a version', Buffer.from('GGUF is a format'), 'version 544434464'],
    ['a count of 2^63', raw(u64(2n ** 63n), u64(0)), 'claims to have'],
    ['a length of 2^64 - 1', raw(u64(0), u64(1), u64(2n ** 64n - 1n), Buffer.alloc(99)), 'claims to have'],
    [
      'a key of 65,536 bytes',
      raw(u64(0), u64(1), u64(65_536), Buffer.alloc(70_000)),
      'a key of more than 65535 bytes',
    ],
    [
      'a value of no known type',
      raw(u64(0), u64(1), u64(1), Buffer.from('k'), u32(13), Buffer.alloc(64)),
      'gives "k" the type 13',
    ],
    ['an array of no known type', array(99), 'gives "k" the type 99'],
    ['five dimensions', oneTensor({ dimensions: [1, 1, 1, 1, 1] }), 'of 5 dimensions'],
    ['a name of 65 bytes', oneTensor({ name: 'x'.repeat(65) }), 'more than 64 bytes'],
    ['half a block', oneTensor({ dimensions: [33], type: 2 }), '33 elements of Q4_0, no multiple of 32'],
    ['no alignment', ggufBytes({ metadata: { 'general.alignment': { u32: 0 } } }), 'alignment of 0'],
    ['an alignment of 24', ggufBytes({ metadata: { 'general.alignment': { u32: 24 } } }), 'alignment of 24'],
    [
      'a text as alignment',
      ggufBytes({ metadata: { 'general.alignment': { text: '32' } } }),
      'alignment of 32',
    ],
    ['a tensor between two', ggufBytes({ alignment: 8, tensors: [small, small] }), 'no multiple of 32'],
  ])('calls a file with %s invalid', async (_, bytes, why) => {
    const error = await errorOf(read(bytes));
    expect(error.code).toBe('ArtifactInvalid');
    expect(error.message).toContain('"m.gguf" is no valid GGUF file: its header');
    expect(error.message).toContain(why);
  });

  const key = Buffer.concat([u64(1), Buffer.from('k'), u32(0), Buffer.from([1])]);
  it.each([
    ['version 1', Buffer.concat([Buffer.from('GGUF'), u32(1), Buffer.alloc(50)]), 'version 1'],
    ['version 4', Buffer.concat([Buffer.from('GGUF'), u32(4), Buffer.alloc(50)]), 'version 4'],
    [
      'the other byte order',
      Buffer.concat([Buffer.from('GGUF'), u32(3).swap32(), Buffer.alloc(50)]),
      'big-endian',
    ],
    ['arrays of arrays', array(9), 'array of arrays in "k"'],
    ['too many keys', raw(u64(0), u64(MAX_PAIRS + 1), ...Array<Buffer>(MAX_PAIRS + 1).fill(key)), 'too many'],
    ['too many tensors', raw(u64(MAX_TENSORS + 1), u64(0), Buffer.alloc(24 * (MAX_TENSORS + 1))), 'too many'],
  ])('does not look into a file with %s', async (_, bytes, why) => {
    expect(await read(bytes)).toEqual({ unread: expect.stringContaining(why) as string });
  });
});

describe('readGguf, on hostile bytes,', () => {
  it('says that it is cut short wherever it is cut', async () => {
    const whole = ggufBytes({ ...llama, tensors: [{ name: 'w', dimensions: [8], type: 0, bytes: 32 }] });
    for (let length = 0; length < whole.length; length += 1) {
      expect((await errorOf(read(whole.subarray(0, length)))).code).toBe('ArtifactTruncated');
    }
  });

  it('throws nothing but a StowageError, whatever bytes become', async () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const bytes = ggufBytes({ metadata: llama.metadata ?? {}, tensors: llama.tensors ?? [] });
        const { start } = ggufStart(llama);
        for (const [at, value] of list) bytes[at % start.length] = value;
        await read(bytes).catch(expectWrongHeader);
      }),
      { numRuns: 1000 },
    );
  });

  it('throws nothing but a StowageError for random bytes after the version', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(3),
        fc.nat(3),
        async (random, tensors, keys) => {
          await read(raw(u64(tensors), u64(keys), Buffer.from(random))).catch(expectWrongHeader);
        },
      ),
      { numRuns: 500 },
    );
  });
});

function expectWrongHeader(error: unknown): void {
  expect(error).toBeInstanceOf(StowageError);
  expect(['ArtifactTruncated', 'ArtifactInvalid']).toContain((error as StowageError).code);
}
