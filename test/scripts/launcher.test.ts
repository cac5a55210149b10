import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/tempdir.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What the launcher gives Node as the place for compiled sources. */
async function compileCache(env: Record<string, string>): Promise<string> {
  const checkout = await tempDir();
  mkdirSync(join(checkout, 'scripts'));
  copyFileSync(join(ROOT, 'stowage'), join(checkout, 'stowage'));
  writeFileSync(join(checkout, 'scripts/node-path.sh'), 'echo "$1/node"\n');
  writeFileSync(join(checkout, 'node'), '#!/bin/sh\necho "${NODE_COMPILE_CACHE-none}"\n', { mode: 0o755 });
  const { PATH = '' } = process.env;
  return execFileSync(join(checkout, 'stowage'), { env: { PATH, ...env }, encoding: 'utf8' }).trim();
}

describe('the launcher', () => {
  it.each([
    [{ HOME: '/home' }, '/home/.cache/stowage/compile'],
    [{ HOME: '/home', XDG_CACHE_HOME: '/cache' }, '/cache/stowage/compile'],
    [{ XDG_CACHE_HOME: '/cache' }, '/cache/stowage/compile'],
    [{ HOME: '/home', NODE_COMPILE_CACHE: '/chosen' }, '/chosen'],
  ])('keeps compiled sources in the cache of the user: %j', async (env, expected) => {
    expect(await compileCache(env)).toBe(expected);
  });

  it.each([{}, { HOME: '' }])('keeps none where others could write, for want of a home: %j', async (env) => {
    expect(await compileCache(env as Record<string, string>)).toBe('none');
  });
});
