import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../src/oci/digest.ts';
import { openLayout } from '../../src/layout/layout.ts';
import type { ReadableStore } from '../../src/pull/image.ts';
import { pull } from '../../src/pull/pull.ts';
import type { PullReport, PullRequest } from '../../src/pull/pull-report.ts';
import { packTo } from '../../src/pack/pack-to.ts';
import { SILENT } from '../../src/telemetry/progress.ts';

const NEVER = new AbortController().signal;

/** Packs a folder as the command line does. */
export async function packFolder(
  directory: string,
  to: string,
  compression: 'none' | 'zstd' = 'none',
): Promise<void> {
  await packTo({
    directory,
    to,
    base: undefined,
    overwrite: true,
    compression,
    open: { plainHttp: false },
    progress: SILENT,
    signal: NEVER,
  });
}

/** Pulls `v1` of a layout, or of another store. */
export function pullFrom(
  store: string | ReadableStore,
  directory: string,
  more: Partial<PullRequest> = {},
): Promise<PullReport> {
  return pull({
    store: typeof store === 'string' ? openLayout(store) : store,
    tag: 'v1',
    directory,
    filter: { include: [], exclude: [] },
    overwrite: false,
    progress: SILENT,
    signal: NEVER,
    ...more,
  });
}

/** The files below a directory with their content in base64. */
export function filesIn(directory: string): Record<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(directory.length + 1), readFileSync(path).toString('base64')] as const;
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The files below a directory with their digests, without those that are not whole. Where it is missing, none. */
export function digestsIn(directory: string): Record<string, string> {
  if (!existsSync(directory)) return {};
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const names = paths
    .map((path) => path.slice(directory.length + 1))
    .filter((path) => !path.startsWith('.stowage-pull/'));
  return Object.fromEntries(
    names.sort().map((name) => [name, digestOf(readFileSync(join(directory, name)))]),
  );
}
