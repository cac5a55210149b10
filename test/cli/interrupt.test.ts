import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { interruptible } from '../../src/cli/interrupt.ts';
import { runStowage } from '../support/stowage.ts';
import { tempDir } from '../support/tempdir.ts';

describe('a command', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('that %s interrupts tidies up first', async (name) => {
    const root = await tempDir();
    mkdirSync(join(root, 'model'));
    writeFileSync(join(root, 'model', 'weights.bin'), 'x');
    let sent = false;
    truncateSync(join(root, 'model', 'weights.bin'), 8 * 1024 ** 3);
    const { code, stderr } = await runStowage(
      ['pack', 'model', '--to', 'oci:images:v1', '--progress', 'json'],
      {
        cwd: root,
        onStderr: (text, kill) => {
          if (!text.includes('"planned"') || sent) return;
          sent = true;
          kill(name);
        },
      },
    );
    expect(code).toBe(130);
    expect(stderr).toContain(`interrupted by ${name}`);
    const left = readdirSync(root, { recursive: true, encoding: 'utf8' });
    expect(left.filter((file) => file.endsWith('.partial'))).toEqual([]);
  });

  it('is not ended by a second SIGHUP before it has tidied up', async () => {
    const work = (signal: AbortSignal): Promise<never> => {
      process.emit('SIGHUP', 'SIGHUP');
      process.emit('SIGHUP', 'SIGHUP');
      return Promise.reject(signal.reason as Error);
    };
    await expect(interruptible(work)).rejects.toMatchObject({ code: 'Cancelled' });
    expect(process.listenerCount('SIGHUP')).toBe(0);
  });
});
