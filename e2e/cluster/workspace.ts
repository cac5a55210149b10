import { mkdtempSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { processId, type ProcessId } from './proc.ts';

/** What a cluster's temporary directory is called; `sweep` looks for it. */
export const WORKSPACE_PREFIX = 'stowage-e2e-';
const OWNERS = 'processes.json';

/**
 * The one directory that holds all of a cluster: its keys, configuration, data and logs. Which processes belong to it
 * is written there before they are used, so that what a killed test run left can be told from what is in use.
 */
export interface Workspace {
  readonly directory: string;
  /** Unique on this machine; also the name of the cluster's cgroup. */
  readonly id: string;
  /** A path inside. */
  path(...parts: string[]): string;
  /** Notes a process that must not outlive the cluster. */
  note(process: ProcessId): void;
}

/** What a workspace's file says. */
export interface Processes {
  /** Whose cluster it is. */
  readonly owner: ProcessId;
  readonly others: readonly ProcessId[];
}

/** A new workspace, owned by this process. */
export function createWorkspace(): Workspace {
  const directory = mkdtempSync(join(tmpdir(), WORKSPACE_PREFIX));
  const owner = processId(process.pid);
  const others: ProcessId[] = [];
  const write = (): void => writeFileSync(join(directory, OWNERS), JSON.stringify({ owner, others }));
  write();
  mkdirSync(join(directory, 'logs'));
  return {
    directory,
    id: basename(directory),
    path: (...parts) => join(directory, ...parts),
    note(process_) {
      others.push(process_);
      write();
    },
  };
}

/** The workspace of a cluster that another process has started; that one has noted all of its own by now. */
export function openWorkspace(directory: string): Workspace {
  return {
    directory,
    id: basename(directory),
    path: (...parts) => join(directory, ...parts),
    note(process_) {
      const noted = readProcesses(directory);
      if (noted === undefined) throw new Error(`${directory} is no cluster's`);
      writeFileSync(
        join(directory, OWNERS),
        JSON.stringify({ ...noted, others: [...noted.others, process_] }),
      );
    },
  };
}

/** Undefined while the file has not been written whole, or where it never was. */
export function readProcesses(directory: string): Processes | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, OWNERS), 'utf8')) as Processes;
  } catch {
    return undefined;
  }
}
