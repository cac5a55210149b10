import { describe, expect, it } from 'vitest';
import { sourceError } from '../../src/artifact/fs-error.ts';

describe('a system error of reading a source', () => {
  it.each([
    ['EIO', true],
    ['ESTALE', true],
    // ESTALE, as Node.js has it.
    ['Unknown system error -116', true],
    ['EISDIR', false],
  ])('%s may pass: %s', async (code, retryable) => {
    const error = Object.assign(new Error(`${code}: ${code}, read`), { code });
    expect(await sourceError(error, '/model/a.bin', 'a.bin')).toMatchObject({
      ...{ code: 'SourceUnreadable', retryable },
      message: `"a.bin" cannot be read: ${code}: ${code}, read`,
    });
  });
});
