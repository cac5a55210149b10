import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

/** The path of a program that tests run: from the project's own cache, else from the PATH. */
export function findTool(name: string): string | undefined {
  const cache = process.env.XDG_CACHE_HOME || join(process.env.HOME || homedir(), '.cache');
  const directories = [join(cache, 'stowage', 'bin'), ...(process.env.PATH ?? '').split(delimiter)];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

/**
 * A describe() for tests that need programs; without them it is skipped, and its title says what for.
 * (scripts/test-summary.ts counts a skipped test as failed with CI=true.)
 */
export function describeWith(tools: readonly string[], title: string, tests: () => void): void {
  const missing = tools.filter((tool) => findTool(tool) === undefined);
  if (missing.length === 0) describe(title, tests);
  else describe.skip(`${title} (skipped: ${missing.join(' and ')} not found)`, tests);
}

/** The path of a program that `describeWith` has found. */
export function tool(name: string): string {
  const path = findTool(name);
  if (path === undefined) throw new Error(`${name} is not installed: run scripts/setup-tools.sh`);
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
