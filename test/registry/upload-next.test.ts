import { describe, expect, it } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import {
  chunkSize,
  judgeAsking,
  judgePatch,
  mayGoOn,
  offsetAfterChunk,
  smallerChunk,
  type PatchVerdict,
  type Standing,
} from '../../src/registry/upload-next.ts';
import { headersOf, isWhole, mostOf, nextPart } from '../../src/registry/upload-part.ts';
import { contentRange, minChunkIn, offsetIn } from '../../src/registry/upload-range.ts';

const MIB = 1024 * 1024;

describe('what a Range says an upload has', () => {
  it.each<[string | undefined, number | undefined]>([
    ['0-99', 100],
    ['0-1', 2],
    // One byte, or none: registries say it of both.
    ['0-0', 0],
    [' 0-99 ', 100],
    ['bytes=0-99', 100],
    ['bytes 0-99', 100],
    ['0-17179869183', 17_179_869_184],
    [undefined, undefined],
    ['', undefined],
    ['0', undefined],
    ['0--1', undefined],
    ['10-99', undefined],
    ['0-99/100', undefined],
    ['0-99, 0-10', undefined],
    ['0-1e5', undefined],
    ['0-0x10', undefined],
    ['0-99999999999999999999', undefined],
    [`0-${'9'.repeat(10_000)}`, undefined],
  ])('%j: %j', (range, offset) => {
    expect(offsetIn(range)).toBe(offset);
  });
});

describe('the other headers of chunks', () => {
  it('name the first and the last byte', () => {
    expect([contentRange(0, 1), contentRange(100, 50)]).toEqual(['0-0', '100-149']);
  });

  it.each<[string | undefined, number | undefined]>([
    ['5242880', 5_242_880],
    [' 1 ', 1],
    ['0', undefined],
    ['-1', undefined],
    ['1e9', undefined],
    ['', undefined],
    [undefined, undefined],
    ['9'.repeat(400), undefined],
  ])('OCI-Chunk-Min-Length %j: %j', (header, bytes) => {
    expect(minChunkIn(header)).toBe(bytes);
  });
});

describe('the answer to how far an upload is', () => {
  it.each<[number, string | undefined, number | undefined, Standing]>([
    [204, '0-99', 200, { is: 'begun', offset: 100 }],
    [202, '0-99', undefined, { is: 'begun', offset: 100 }],
    [204, '0-199', 200, { is: 'begun', offset: 200 }],
    [204, '0-0', 200, { is: 'empty' }],
    // More than there is to send: it is another blob's, or of an earlier content.
    [204, '0-200', 200, { is: 'lost' }],
    [204, undefined, 200, { is: 'untold' }],
    [200, 'nonsense', 200, { is: 'untold' }],
    [400, undefined, 200, { is: 'untold' }],
    [405, undefined, 200, { is: 'untold' }],
    [501, undefined, 200, { is: 'untold' }],
    [404, undefined, 200, { is: 'lost' }],
    [401, undefined, 200, { is: 'lost' }],
    [403, '0-99', 200, { is: 'lost' }],
    [410, undefined, 200, { is: 'lost' }],
    [301, undefined, 200, { is: 'lost' }],
    [429, undefined, 200, { is: 'unclear' }],
    [500, undefined, 200, { is: 'unclear' }],
    [503, undefined, 200, { is: 'unclear' }],
  ])('%i with Range %j of %j bytes', (status, range, size, standing) => {
    expect(judgeAsking({ status, range, size })).toEqual(standing);
  });
});

describe('the answer to bytes', () => {
  it.each<[number, PatchVerdict, PatchVerdict]>([
    // status, what it means for a whole blob, for a part
    [202, 'taken', 'taken'],
    [201, 'taken', 'taken'],
    [204, 'taken', 'taken'],
    [404, 'lost', 'lost'],
    [416, 'lost', 'elsewhere'],
    [413, 'too large', 'too large'],
    [400, 'refused', 'no parts'],
    [405, 'refused', 'no parts'],
    [501, 'refused', 'no parts'],
    [401, 'refused', 'refused'],
    [403, 'refused', 'refused'],
    [429, 'refused', 'refused'],
    [500, 'refused', 'refused'],
    [507, 'refused', 'refused'],
    [307, 'refused', 'refused'],
  ])('%i', (status, whole, part) => {
    expect([judgePatch(status, false), judgePatch(status, true)]).toEqual([whole, part]);
  });

  it.each<[string | undefined, number]>([
    ['0-199', 200],
    ['0-149', 150],
    ['0-100', 101],
    // ECR always says the same; others nothing. What was taken was taken.
    ['0-99', 200],
    ['0-0', 200],
    [undefined, 200],
    ['0-500', 200],
  ])('to the bytes 100 to 199 with Range %j means %i', (range, offset) => {
    expect(offsetAfterChunk(range, 100, 200)).toBe(offset);
  });
});

describe('the size of chunks', () => {
  it.each<[number | undefined, number | undefined, number | undefined]>([
    [undefined, undefined, undefined],
    [32 * MIB, undefined, 32 * MIB],
    [undefined, 5 * MIB, 64 * MIB],
    [undefined, 100 * MIB, 100 * MIB],
    [16 * MIB, 20 * MIB, 20 * MIB],
  ])('wished %j, at least %j: %j', (chunkBytes, minChunk, size) => {
    expect(chunkSize({ chunkBytes, minChunk })).toBe(size);
  });

  it.each<[number, number | undefined, number | undefined]>([
    [Infinity, undefined, 96 * MIB],
    [1024 * MIB, undefined, 96 * MIB],
    [97 * MIB, undefined, 96 * MIB],
    [96 * MIB, undefined, 16 * MIB],
    [17 * MIB, undefined, 16 * MIB],
    [16 * MIB, undefined, undefined],
    [1024 * MIB, 90 * MIB, 96 * MIB],
    [96 * MIB, 20 * MIB, undefined],
  ])('after %j were too many, at least %j: %j', (sent, minChunk, size) => {
    expect(smallerChunk(sent, minChunk)).toBe(size);
  });
});

describe('an upload that ended in an error', () => {
  const passing = { retryable: true };
  it.each<[string, unknown, boolean, boolean]>([
    // what, the error, whether it stays, and whether it does where it was inherited
    ['no network', new StowageError('RegistryUnreachable', 'gone', passing), true, true],
    ['no answer', new StowageError('Timeout', 'silent', passing), true, true],
    ['a login that has ended', new StowageError('RegistryAuth', '401'), true, true],
    ['too many requests', new StowageError('RegistryQuota', '429', passing), true, true],
    ['a full disk', new StowageError('RegistryQuota', '507'), false, false],
    ['an error of the registry', new StowageError('RegistryFailed', '500', passing), true, false],
    ['a refusal', new StowageError('RegistryFailed', '400'), false, false],
    ['other bytes', new StowageError('RegistryCorrupt', 'digest'), false, false],
    ['another file', new StowageError('ArtifactChanged', 'grew'), false, false],
    ['a defect', new Error('undefined'), false, false],
  ])('by %s', (_, error, stays, staysInherited) => {
    expect([mayGoOn(error, false), mayGoOn(error, true)]).toEqual([stays, staysInherited]);
  });
});

describe('the next request', () => {
  it.each<[string, Parameters<typeof nextPart>, Record<string, string>]>([
    ['a whole blob', [0, 1000], { 'content-length': '1000' }],
    ['a whole blob of unknown size', [0, undefined], {}],
    ['the rest', [400, 1000], { 'content-length': '600', 'content-range': '400-999' }],
    ['the rest of a blob of unknown size', [400, undefined], {}],
    ['a chunk', [0, 1000, 300], { 'content-length': '300', 'content-range': '0-299' }],
    ['the last chunk', [900, 1000, 300], { 'content-length': '100', 'content-range': '900-999' }],
    ['a blob that is one chunk', [0, 300, 300], { 'content-length': '300' }],
    ['a chunk of a blob of unknown size', [300, undefined, 300], {}],
  ])('with %s', (_, args, headers) => {
    const part = nextPart(...args);
    expect(headersOf(part)).toEqual({ 'content-type': 'application/octet-stream', ...headers });
  });

  it.each<[string, Parameters<typeof nextPart>, number]>([
    ['a blob', [0, 1000], 1000],
    ['a chunk', [0, 1000, 300], 300],
    ['the last chunk', [900, 1000, 300], 100],
    ['a chunk of a blob of unknown size', [300, undefined, 300], 300],
    ['a blob of unknown size', [0, undefined], Infinity],
  ])('has, with %s, so many bytes at most', (_, args, most) => {
    expect(mostOf(nextPart(...args))).toBe(most);
  });

  it('is complete when all of it was handed over', () => {
    expect(isWhole(nextPart(0, 1000), 1000, false)).toBe(true);
    expect(isWhole(nextPart(0, 1000), 999, false)).toBe(false);
    expect(isWhole(nextPart(300, 1000, 300), 600, false)).toBe(true);
    expect(isWhole(nextPart(300, undefined, 300), 600, false)).toBe(true);
    expect(isWhole(nextPart(300, undefined, 300), 500, false)).toBe(false);
    expect(isWhole(nextPart(300, undefined, 300), 500, true)).toBe(true);
  });
});
