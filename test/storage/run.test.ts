import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/storage/run.ts';
import { tempDir } from '../support/tempdir.ts';

const LONG = 30_000;

describe('a program that is run', () => {
  it('has a code, and what it wrote to both outputs, in English', async () => {
    const script = 'echo "$LC_ALL"; echo err >&2; exit 32';
    const { code, output } = await run(['sh', '-c', script], LONG);
    expect(code).toBe(32);
    expect(output.split('\n').sort()).toEqual(['C', 'err']);
  });

  it('gets its arguments as they are', async () => {
    expect(await run(['printf', '%s|', '$HOME;', 'a b'], LONG)).toEqual({ code: 0, output: '$HOME;|a b|' });
  });

  it('is said to be missing', async () => {
    expect(await run(['stowage-no-such-program'], LONG)).toEqual({
      code: 127,
      output: expect.stringContaining('ENOENT') as string,
    });
  });

  it('is killed with its helpers when its time is over', async () => {
    const directory = await tempDir();
    const script = `(sleep 1; touch ${join(directory, 'alive')}) & wait`;
    const ended = await run(['sh', '-c', script], 100);
    expect(ended.code).toBeUndefined();
    await wait(1200);
    expect(existsSync(join(directory, 'alive'))).toBe(false);
  });

  it.each(['before', 'while'])('is killed when the signal aborts %s it runs', async (when) => {
    const controller = new AbortController();
    if (when === 'before') controller.abort();
    else setTimeout(() => controller.abort(), 100);
    expect((await run(['sleep', '30'], LONG, controller.signal)).code).toBeUndefined();
  });

  it('is not waited for by what it leaves behind, which may hold its output open', async () => {
    const started = Date.now();
    const { code } = await run(['sh', '-c', 'sleep 5 & exit 0'], LONG);
    expect(code).toBe(0);
    expect(Date.now() - started).toBeLessThan(4000);
  });

  it('has a bounded output', async () => {
    const { output } = await run(['sh', '-c', 'head -c 1000000 /dev/zero | tr "\\0" x'], LONG);
    expect(output).toHaveLength(4096);
  });
});
