import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MAX_HEADER_BYTES as MAX_GGUF_BYTES } from '../../src/artifact/gguf-cursor.ts';
import { MAX_HEADER_BYTES } from '../../src/artifact/safetensors.ts';
import { safetensorsHeader, u32, u64, writeSparse } from '../support/model-files.ts';
import { tempDir } from '../support/tempdir.ts';

const SCRIPT = fileURLToPath(new URL('./hostile-scan.ts', import.meta.url));

/** What a hostile header may cost. Processor time, not the clock: a busy machine is not the header's doing. */
const MAX_BYTES = 100 * 1024 ** 2;
const MAX_MILLISECONDS = 1000;

/** The longest header that is read, of one part as often as it fits. */
function header(before: string, part: (number: number) => string, after: string): Buffer {
  const parts: string[] = [];
  let left = MAX_HEADER_BYTES - before.length - after.length;
  for (let number = 0; ; number += 1) {
    const next = part(number);
    left -= next.length + 1;
    if (left < 0) return safetensorsHeader(`${before}${parts.join(',')}${after}`);
    parts.push(next);
  }
}

const gguf = (...parts: Buffer[]): Buffer => Buffer.concat([Buffer.from('GGUF'), u32(3), ...parts]);
const smallest = (number: number): string =>
  `"${number.toString(36)}":{"dtype":"F9","shape":[],"data_offsets":[0,0]}`;
const backwards = (number: number): string =>
  `"":{"dtype":"U8","shape":[1],"data_offsets":[${999_999 - number},${10 ** 6 - number}]}`;

const cases: [what: string, name: string, start: () => Buffer, outcome: { size?: number; code?: string }][] = [
  ['the most tensors', 'm.safetensors', () => header('{', smallest, '}'), {}],
  ['tensors in the wrong order', 'm.safetensors', () => header('{', backwards, '}'), { size: MAX_HEADER_BYTES + 10 ** 6, code: 'ArtifactInvalid' }],
  ['the most metadata', 'm.safetensors', () => header('{"__metadata__":{', (n) => `"${n.toString(36)}":""`, '}}'), {}],
  ['arrays in arrays', 'm.safetensors', () => safetensorsHeader(`{"a":{"x":${'['.repeat(MAX_HEADER_BYTES - 16)}`), { code: 'ArtifactInvalid' }],
  ['the most arrays', 'm.safetensors', () => header('{"a":{"x":[', () => '[]', ']}}'), { code: 'ArtifactInvalid' }],
  ['the most numbers', 'm.safetensors', () => header('{"a":{"shape":[', () => '0', ']}}'), { code: 'ArtifactInvalid' }],
  ['one long name', 'm.safetensors', () => safetensorsHeader(`{"${'\\u0000'.repeat(MAX_HEADER_BYTES / 6 - 10)}":{}}`), { code: 'ArtifactInvalid' }],
  ['a length of terabytes', 'm.safetensors', () => Buffer.concat([u64(2 ** 43), Buffer.from('{')]), { size: 2 ** 33, code: 'ArtifactInvalid' }],
  ['the longest length', 'm.safetensors', () => Buffer.concat([u64(100_000_000), Buffer.from('{')]), { size: 2 ** 33 }],
  ['billions of texts', 'm.gguf', () => gguf(u64(0), u64(1), u64(1), Buffer.from('k'), u32(9), u32(8), u64(10 ** 9)), { size: 2 ** 34 }],
  ['billions of tensors', 'm.gguf', () => gguf(u64(2 ** 33), u64(0)), { size: 2 ** 38 }],
  ['the most tensors', 'm.gguf', () => gguf(u64(100_000), u64(0)), { size: 2 ** 33 }],
  ['the most keys', 'm.gguf', () => gguf(u64(0), u64(10_000)), { size: 2 ** 33 }],
  ['a text as long as the header', 'm.gguf', () => gguf(u64(0), u64(1), u64(1), Buffer.from('k'), u32(8), u64(MAX_GGUF_BYTES - 100)), { size: 2 ** 33 }],
  ['a map of shards', 'model.safetensors.index.json', () => Buffer.from(`{"weight_map":{${'"a":"",'.repeat(2_000_000)}"b":""}}`), { code: 'ArtifactTruncated' }],
]; // prettier-ignore

describe('a hostile header costs less than 100 MB and a second:', () => {
  it.each(cases)('%s (%s)', async (_, name, start, { size = 0, code }) => {
    const root = await tempDir();
    const bytes = start();
    await writeSparse(join(root, name), Math.max(size, bytes.length), bytes);
    const cost = JSON.parse(execFileSync(process.execPath, [SCRIPT, root], { encoding: 'utf8' })) as Cost;
    expect(cost.code).toBe(code);
    expect(cost.bytes).toBeLessThan(MAX_BYTES);
    expect(cost.milliseconds).toBeLessThan(MAX_MILLISECONDS);
  });
});

interface Cost {
  readonly code?: string;
  readonly bytes: number;
  readonly milliseconds: number;
}
