import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../support/tempdir.ts';
import { describeWith } from '../support/tools.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/node-path.sh');
/** Holds the lock that an installation holds, until its stdin ends; then it is done, as an installation is. */
const OTHER =
  'exec 9<>package-lock.json; flock 9; echo held; read -r _; touch node_modules/.package-lock.json';

/** A checkout whose npm leaves a mark. */
async function checkout(): Promise<string> {
  const root = await tempDir();
  mkdirSync(join(root, 'bin'));
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'package-lock.json'), '{}');
  writeFileSync(join(root, 'bin/npm'), '#!/bin/sh\ntouch installed-again node_modules/.package-lock.json\n', {
    mode: 0o755,
  });
  return root;
}

describeWith(['flock'], 'two first starts at once', () => {
  it('install the dependencies once', async () => {
    const root = await checkout();
    const other = spawn('sh', ['-euc', OTHER], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void other.kill());
    await once(other.stdout, 'data');

    const env = { ...process.env, PATH: [join(root, 'bin'), process.env.PATH].join(delimiter) };
    const second = spawn('sh', [SCRIPT, root], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(second, 'close');
    await once(second.stderr, 'data');
    other.stdin.end('\n');
    expect(await ended).toEqual([0, null]);
    expect(existsSync(join(root, 'installed-again'))).toBe(false);
  });

  it('install them when nobody else does', async () => {
    const root = await checkout();
    const env = { ...process.env, PATH: [join(root, 'bin'), process.env.PATH].join(delimiter) };
    expect(await once(spawn('sh', [SCRIPT, root], { env }), 'close')).toEqual([0, null]);
    expect(existsSync(join(root, 'installed-again'))).toBe(true);
  });
});
