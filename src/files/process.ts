import { readFileSync } from 'node:fs';
import { systemCode } from '../errors.ts';

/**
 * A process of this machine, as `NUMBER-START`: in containers and after a restart numbers come back, together with the
 * time of the start they do not. Where there is no /proc (macOS) it is the number alone.
 */
export type ProcessName = string;

const NAME = /^([1-9]\d*)(?:-(\d+))?$/;

export function thisProcess(): ProcessName {
  const start = look(process.pid)?.start;
  return start === undefined ? String(process.pid) : `${process.pid}-${start}`;
}

/** The process number in a name; undefined where the text is none. */
export function numberOf(name: string): number | undefined {
  const number = NAME.exec(name)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** Whether the process is gone for certain. A text that names no process has not ended. */
export function hasEnded(name: ProcessName): boolean {
  const [, number, start] = NAME.exec(name) ?? [];
  if (number === undefined) return false;
  if (!exists(Number(number))) return true;
  const now = look(Number(number));
  // A zombie runs no more; in a container without an init process it stays for ever.
  return now !== undefined && (now.state === 'Z' || (start !== undefined && start !== now.start));
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

/** State and start, fields 3 and 22 of /proc/PID/stat (proc_pid_stat(5)); the start in clock ticks since the machine started. */
function look(pid: number): { state: string | undefined; start: string | undefined } | undefined {
  let text;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // Field 2 is the program's name in parentheses, and may hold blanks and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], start: fields[19] };
}
