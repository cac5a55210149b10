import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkStorage, openStorage } from '../../src/storage/kinds.ts';
import { tempDir } from '../support/tempdir.ts';

const here = { hostname: 'worker-7' };
const never = new AbortController().signal;

describe('localStorage on this machine', () => {
  it('is the declared directory', async () => {
    const path = await tempDir();
    const source = await openStorage({ localStorage: { path, nodeName: 'worker-7' } }, here, never);
    expect(source.directory).toBe(path);
    await source.close();
  });

  it.each([
    ['worker-7', 'worker-7'],
    ['WORKER-7', 'worker-7'],
    ['worker-7.example.com', 'worker-7'],
    ['worker-7', 'worker-7.example.com'],
    ['', 'worker-7'],
    [undefined, 'worker-7'],
  ])('takes node name %j for this machine, %j', (nodeName, hostname) => {
    const localStorage = { path: '/data', ...(nodeName === undefined ? {} : { nodeName }) };
    expect(() => checkStorage({ localStorage }, { hostname })).not.toThrow();
  });

  it.each(['worker-70', 'worker', 'other', 'worker-7x.example.com'])(
    'refuses node %s and names both',
    (nodeName) => {
      expect(() => checkStorage({ localStorage: { path: '/data', nodeName } }, here)).toThrow(
        expect.objectContaining({
          code: 'NodeMismatch',
          message: `the model lies on node "${nodeName}", but this machine is "worker-7"`,
        }) as Error,
      );
    },
  );

  it('says that a path does not exist', async () => {
    const path = join(await tempDir(), 'missing');
    await expect(openStorage({ localStorage: { path } }, here, never)).rejects.toMatchObject({
      code: 'PathNotFound',
    });
  });

  it('says that a path is a file', async () => {
    const path = join(await tempDir(), 'model.gguf');
    writeFileSync(path, 'x');
    await expect(openStorage({ localStorage: { path } }, here, never)).rejects.toMatchObject({
      code: 'PathNotFound',
      message: expect.stringContaining('is a file') as string,
    });
  });
});
