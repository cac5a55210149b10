import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new empty directory that goes when the running test has ended. */
export async function tempDir(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
