import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_HEADER_BYTES, readSafetensors } from '../../src/artifact/safetensors.ts';
import { StowageError } from '../../src/errors.ts';
import { safetensorsBytes, safetensorsHeader, u32, u64, type TensorSpec } from '../support/model-files.ts';
import { errorOf, MemoryFile } from './support.ts';

const read = (bytes: Buffer): ReturnType<typeof readSafetensors> =>
  readSafetensors(new MemoryFile(bytes, 'm.safetensors'));
const withData = (json: string, bytes: number): Buffer =>
  Buffer.concat([safetensorsHeader(json), Buffer.alloc(bytes)]);
const tensor = (dtype: string, shape: string, begin: number, end: number): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;

const model = {
  a: { dtype: 'BF16', shape: [4, 8] },
  b: { dtype: 'F32', shape: [8] },
  c: { dtype: 'BF16', shape: [] },
};

describe('readSafetensors', () => {
  it('counts tensors, and their weights by type', async () => {
    const result = await read(safetensorsBytes(model, { format: 'pt' }));
    expect(result).toEqual({
      header: {
        tensors: 3,
        weights: new Map([
          ['BF16', 33],
          ['F32', 8],
        ]),
      },
    });
  });

  it('reads the header and nothing more', async () => {
    const file = new MemoryFile(safetensorsBytes({ w: { dtype: 'F32', shape: [100_000] } }));
    await readSafetensors(file);
    expect(file.bytesRead).toBe(file.size - 400_000 + 1);
  });

  it.each([
    ['no tensors', '{}', 0, 0],
    ['metadata only', '{"__metadata__":{"a":"b","c":"\\u00e9\\n"}}', 0, 0],
    ['an empty tensor', `{"a":${tensor('F32', '[0,5]', 0, 0)},"b":${tensor('I8', '[3]', 0, 3)}}`, 3, 2],
    ['tensors in no order', `{"b":${tensor('U8', '[2]', 4, 6)},"a":${tensor('F32', '[1]', 0, 4)}}`, 6, 2],
    ['elements of less than a byte', `{"a":${tensor('F4', '[3,2]', 0, 3)}}`, 3, 1],
    [
      'keys in any order, and more than the known',
      '{"a":{"data_offsets":[0,2],"x":[1,{"y":null}],"shape":[2],"dtype":"I8"}}',
      2,
      1,
    ],
    ['white space', `{ "a" :\n${tensor('F16', ' [ 1 , 1 ] ', 0, 2)} } `, 2, 1],
    ['a type newer than the table', `{"a":${tensor('F3_X', '[10]', 0, 4)}}`, 4, 1],
    ['names with escapes', `{"\\"\\u0061/\\\\":${tensor('F16', '[1]', 0, 2)}}`, 2, 1],
  ])('accepts a file with %s', async (_, json, bytes, tensors) => {
    expect(await read(withData(json, bytes))).toMatchObject({ header: { tensors } });
  });

  it.each([
    ['nothing at all', Buffer.alloc(0), '0 bytes, by its header it needs 8'],
    ['less than the length', Buffer.alloc(7), '7 bytes, by its header it needs 8'],
    [
      'less than the header',
      Buffer.concat([u64(1000), Buffer.from('{"a":')]),
      '13 bytes, by its header it needs 1008',
    ],
    ['less than the weights', safetensorsBytes(model).subarray(0, -1), 'it needs'],
    ['no weights', safetensorsHeader(`{"w":${tensor('F32', '[1000]', 0, 4000)}}`), 'it needs'],
  ])('calls a file with %s truncated', async (_, bytes, why) => {
    const error = await errorOf(read(bytes));
    expect(error.code).toBe('ArtifactTruncated');
    expect(error.message).toContain('"m.safetensors"');
    expect(error.message).toContain(why);
  });

  it.each([
    ['more than the header says', Buffer.concat([safetensorsBytes(model), Buffer.from('x')]), 'describes'],
    [
      'a length that no reader accepts',
      Buffer.concat([u64(100_000_001), Buffer.alloc(100)]),
      '100000001 bytes',
    ],
    ['text in place of a length', Buffer.from('<!DOCTYPE html><html></html>'), 'would have'],
    ['zeros', Buffer.alloc(1000), 'does not begin with "{"'],
    [
      'a zip',
      Buffer.concat([Buffer.from('PK\x03\x04'), u32(0), Buffer.alloc(100)]),
      'does not begin with "{"',
    ],
    ['no header', u64(0), 'no "{"'],
    ['no JSON', withData('{hello', 0), 'no "\\""'],
    ['JSON that is no object', withData('[]', 0), 'does not begin with "{"'],
    ['a header that is not UTF-8', safetensorsHeader(Buffer.from('{"\xff":1}', 'latin1')), 'not UTF-8'],
    ['two documents', withData('{}{}', 0), 'after its end'],
    ['a tensor that is no object', withData('{"a":1}', 0), 'no "{"'],
    ['a tensor without type', withData('{"a":{"shape":[1],"data_offsets":[0,4]}}', 4), 'does not say'],
    ['a tensor without shape', withData('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4), 'does not say'],
    ['a tensor without place', withData('{"a":{"dtype":"F32","shape":[1]}}', 4), 'does not say'],
    ['half a place', withData('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}', 4), 'does not say'],
    ['three offsets', withData('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}', 4), 'more than 2'],
    [
      '65 dimensions',
      withData(`{"a":${tensor('F32', `[${Array(65).fill(1).join(',')}]`, 0, 4)}}`, 4),
      'more than 64',
    ],
    ['a negative size', withData(`{"a":${tensor('F32', '[-1]', 0, 4)}}`, 4), 'whole number'],
    ['a fraction', withData(`{"a":${tensor('F32', '[1.0]', 0, 4)}}`, 4), 'no "]"'],
    [
      'a hole',
      withData(`{"a":${tensor('I8', '[1]', 0, 1)},"b":${tensor('I8', '[1]', 2, 3)}}`, 3),
      'those before it end at 1',
    ],
    [
      'a hole at the beginning',
      withData(`{"a":${tensor('I8', '[1]', 1, 2)}}`, 2),
      'those before it end at 0',
    ],
    [
      'an overlap',
      withData(`{"a":${tensor('I8', '[2]', 0, 2)},"b":${tensor('I8', '[2]', 1, 3)}}`, 3),
      'end at 2',
    ],
    [
      'an end before its beginning',
      withData(`{"a":${tensor('F3_X', '[2]', 0, 2)},"b":${tensor('F3_X', '[2]', 2, 1)}}`, 2),
      '2 to 1',
    ],
    ['too few bytes for a shape', withData(`{"a":${tensor('F32', '[2]', 0, 4)}}`, 4), '2 elements of "F32"'],
    ['no name for a type', withData(`{"a":${tensor('f 32', '[1]', 0, 4)}}`, 4), 'of "f 32"'],
    ['half a byte', withData(`{"a":${tensor('F4', '[3]', 0, 2)}}`, 2), '3 elements of "F4"'],
    [
      'a shape beyond all numbers',
      withData(`{"a":${tensor('F32', '[9007199254740991,9007199254740991]', 0, 4)}}`, 4),
      'elements',
    ],
    [
      "the name of an object's method for a type",
      withData(`{"a":${tensor('F32', '[1]', 0, 2)},"b":${tensor('toString', '[0]', 2, 2)}}`, 2),
      'F32',
    ],
  ])('calls a file with %s invalid', async (_, bytes, why) => {
    const error = await errorOf(read(bytes));
    expect(error.code).toBe('ArtifactInvalid');
    expect(error.message).toContain('"m.safetensors" is no valid safetensors file: its header');
    expect(error.message).toContain(why);
  });

  it('names a hostile tensor without printing it whole or raw', async () => {
    const { message } = await errorOf(
      read(withData(`{"${'\\u001b[31m'.repeat(100)}":${tensor('F32', '[2]', 0, 4)}}`, 4)),
    );
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(1000);
  });

  it('leaves a header that is too long alone, but not a file that is too short for it', async () => {
    const length = MAX_HEADER_BYTES + 8;
    const bytes = Buffer.concat([u64(length), Buffer.alloc(length, '{')]);
    const file = new MemoryFile(bytes);
    expect(await readSafetensors(file)).toEqual({ unread: expect.stringContaining('too many') as string });
    expect(file.bytesRead).toBe(9);
    expect((await errorOf(read(bytes.subarray(0, -1)))).code).toBe('ArtifactTruncated');
  });
});

describe('readSafetensors, on hostile bytes,', () => {
  const dtypes = ['F64', 'F32', 'BF16', 'F16', 'F8_E4M3', 'I64', 'I8', 'U8', 'BOOL'];
  const specs: fc.Arbitrary<Record<string, TensorSpec>> = fc.dictionary(
    fc.string({ minLength: 1, maxLength: 8 }).filter((name) => name !== '__metadata__'),
    fc.record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.nat(5), { maxLength: 4 }) }),
    { maxKeys: 6 },
  );

  it('accepts what its writers write', async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (tensors) => {
        expect(await read(safetensorsBytes(tensors))).toMatchObject({
          header: { tensors: Object.keys(tensors).length },
        });
      }),
    );
  });

  it('says that it is cut short wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(specs, fc.nat(), async (tensors, at) => {
        const whole = safetensorsBytes(tensors);
        expect((await errorOf(read(whole.subarray(0, at % whole.length)))).code).toBe('ArtifactTruncated');
      }),
    );
  });

  it('throws nothing but a StowageError, whatever a byte becomes', async () => {
    await fc.assert(
      fc.asyncProperty(specs, fc.nat(), fc.nat(255), async (tensors, at, value) => {
        const bytes = safetensorsBytes(tensors);
        bytes[at % bytes.length] = value;
        await read(bytes).catch(expectWrongHeader);
      }),
      { numRuns: 500 },
    );
  });

  it('throws nothing but a StowageError for random bytes, with or without a length that fits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (random, fits) => {
        const bytes = Buffer.from(random);
        await read(fits ? safetensorsHeader(bytes) : bytes).catch(expectWrongHeader);
      }),
      { numRuns: 500 },
    );
  });

  it('throws nothing but a StowageError for any claimed length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(64), async (length, shift) => {
        const bytes = Buffer.concat([u64(length >> BigInt(shift)), Buffer.from('{"a":{}}')]);
        expectWrongHeader(await errorOf(read(bytes)));
      }),
    );
  });
});

function expectWrongHeader(error: unknown): void {
  expect(error).toBeInstanceOf(StowageError);
  expect(['ArtifactTruncated', 'ArtifactInvalid']).toContain((error as StowageError).code);
}
