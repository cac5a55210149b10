import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalNode } from './cluster.ts';
import type { Workspace } from './workspace.ts';

/** One call of a mount helper by the node's mount(8). */
export interface MountCall {
  /** `nfs` or `efs`. */
  readonly helper: string;
  /** `HOST:PATH`, or what a kind of file system has for it. */
  readonly source: string;
  readonly target: string;
  /** What `-o` was followed by: `['ro', 'soft']`. */
  readonly options: readonly string[];
}

/** Where box.sh takes helpers from. */
const HELPERS = 'sbin';
const CALLS = 'mount-calls';
const BLOCK = 'mount-block';

/** Puts the node's /sbin/mount.nfs where box.sh takes it from, before the node is there. */
export async function installMountHelpers(workspace: Workspace, mountNfs: string): Promise<void> {
  await mkdir(workspace.path(HELPERS));
  await installMountHelper(workspace.path(HELPERS), 'nfs', workspace.directory, [`exec ${mountNfs} "$@"`]);
}

/**
 * Writes a helper that notes how it was called, waits as long as tests let no mount end, and then does what is given.
 * @param into the directory of helpers, as it is seen here
 * @param script lines of sh; `$@` are the helper's arguments
 */
export async function installMountHelper(
  into: string,
  helper: string,
  directory: string,
  script: readonly string[],
): Promise<void> {
  const lines = [
    '#!/bin/sh',
    `{ printf '${helper}'; printf '\\t%s' "$@"; echo; } >>'${join(directory, CALLS)}'`,
    `while [ -e '${join(directory, BLOCK)}' ]; do sleep 0.1; done`,
    ...script,
  ];
  await writeFile(join(into, `mount.${helper}`), `${lines.join('\n')}\n`, { mode: 0o755 });
}

/** All mounts that were asked for since the node is there, in their order. */
export function mountCalls({ directory }: LocalNode): MountCall[] {
  const log = join(directory, CALLS);
  if (!existsSync(log)) return [];
  return readFileSync(log, 'utf8').trimEnd().split('\n').map(parseCall);
}

/** Mounts that are asked for from now on neither succeed nor fail, as those of a server that cannot be reached. */
export async function blockMounts({ directory }: LocalNode): Promise<void> {
  await writeFile(join(directory, BLOCK), '');
}

/** Lets them go on, those that wait included. */
export async function releaseMounts({ directory }: LocalNode): Promise<void> {
  await rm(join(directory, BLOCK), { force: true });
}

/** mount(8) gives the source and the target first. */
function parseCall(line: string): MountCall {
  const [helper = '', source = '', target = '', ...rest] = line.split('\t');
  const options = rest.flatMap((each, index) => (rest[index - 1] === '-o' ? each.split(',') : []));
  return { helper, source, target, options };
}
