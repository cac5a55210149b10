import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** A process as no other can be: a number is given again, but not with the same time of start. */
export interface ProcessId {
  readonly pid: number;
  /** In clock ticks since the machine started. */
  readonly started: string;
}

/** Who `pid` is now. @throws Error when there is no such process */
export function processId(pid: number): ProcessId {
  const found = stat(pid);
  if (found === undefined) throw new Error(`no process ${pid}`);
  return { pid, started: found.started };
}

/** Whether it still runs. One that has ended and that nobody has waited for does not. */
export function isRunning(id: ProcessId): boolean {
  const found = stat(id.pid);
  return found !== undefined && found.started === id.started && found.state !== 'Z';
}

/**
 * Stops a process where it is until `thaw`, as a machine that hangs does.
 * With a parent that stops too, as nsenter does when its child has.
 */
export function freeze(id: ProcessId): void {
  kill(id, 'SIGSTOP');
}

/** Lets a frozen process go on, and a parent that has stopped with it. */
export function thaw(id: ProcessId): void {
  const parent = stat(id.pid)?.parent;
  kill(id, 'SIGCONT');
  if (parent !== undefined) kill(processId(parent), 'SIGCONT');
}

/** Signals exactly this process, if it is still there. */
export function kill(id: ProcessId, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (!isRunning(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch (error) {
    if (isRunning(id)) throw error;
  }
}

export function childrenOf(pid: number): number[] {
  return allPids().filter((each) => stat(each)?.parent === pid);
}

/** The processes that live in the PID namespace `namespace` (as `readNamespace` names it). */
export function processesIn(namespace: string): number[] {
  return allPids().filter((pid) => readNamespace(pid) === namespace && stat(pid)?.state !== 'Z');
}

/** The name of the PID namespace that a process lives in; undefined where there is no such process. */
export function readNamespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** The processes whose command line has all of these in it. */
export function processesWith(words: readonly string[]): number[] {
  return allPids().filter((pid) => words.every((word) => commandOf(pid).includes(word)));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // it has ended
  }
}

function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** proc_pid_stat(5). The second field, the program's name, may hold spaces and brackets. */
function stat(pid: number): { state: string; parent: number; started: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', parent: Number(fields[1]), started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
