/**
 * Removes what clusters left behind whose owner was killed before it could. What is in use is left alone.
 * usage: node e2e/cluster/sweep.ts
 */
import { statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { removeCgroup } from './cgroups.ts';
import { isRunning, kill, type ProcessId } from './proc.ts';
import { say } from './say.ts';
import { until } from './until.ts';
import { readProcesses, WORKSPACE_PREFIX } from './workspace.ts';

/** A workspace without a readable list of processes is being made, or was abandoned before it held anything. */
const NEWBORN_MS = 60_000;
const GONE_MS = 20_000;
/** How long the kernel gets to end the rest of a node after its first process. */
const FOLLOW_MS = 5_000;

/** Sweeps all abandoned workspaces of this machine. @returns the directories that were removed */
export async function sweep(): Promise<string[]> {
  const names = await readdir(tmpdir());
  const found = names.filter((name) => name.startsWith(WORKSPACE_PREFIX)).map((name) => join(tmpdir(), name));
  const abandoned = found.filter(isAbandoned);
  for (const directory of abandoned) await removeWorkspace(directory);
  return abandoned;
}

/** Ends the processes of a workspace that still run, then removes its cgroup and the directory. May be called again. */
export async function removeWorkspace(directory: string): Promise<void> {
  await end(readProcesses(directory)?.others ?? []);
  // The kernel takes a moment to empty the cgroups of processes that are gone.
  await until({ what: `the end of the cgroup of ${directory}`, timeoutMs: GONE_MS }, () => {
    removeCgroup(basename(directory));
    return true;
  });
  await rm(directory, { recursive: true, force: true });
}

/**
 * The first may be the first process of a node, with which the kernel ends all others inside; those outside have to live
 * on until they have seen that (see `Launcher`), so they are killed only when they do not end by themselves.
 */
async function end([first, ...others]: readonly ProcessId[]): Promise<void> {
  if (first === undefined) return;
  const what = `the end of processes ${[first, ...others].map((each) => each.pid).join(', ')}`;
  for (const each of others) kill(each, 'SIGCONT');
  kill(first);
  const gone = (): boolean => ![first, ...others].some(isRunning);
  await until({ what, timeoutMs: FOLLOW_MS }, gone).catch(() => others.forEach((each) => kill(each)));
  await until({ what, timeoutMs: GONE_MS }, gone);
}

function isAbandoned(directory: string): boolean {
  const processes = readProcesses(directory);
  if (processes !== undefined) return !isRunning(processes.owner);
  const age = Date.now() - (statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  return age > NEWBORN_MS;
}

if (import.meta.main) {
  for (const directory of await sweep()) say(`removed ${directory}`);
}
