import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCode } from '../errors.ts';

/**
 * Where process numbers mean what they mean here: this machine since its start and, in a container, this container. Only
 * Linux tells; elsewhere the host's name has to do.
 */
export const HERE = createHash('sha256')
  .update(hostname())
  .update(textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')))
  .update(textOf(() => readlinkSync('/proc/self/ns/pid')))
  .digest('hex')
  .slice(0, 12);

/**
 * A process of this machine, as `NUMBER-START`: in containers and after a restart numbers come back, together with the
 * time of the start they do not. Where there is no /proc (macOS) it is the number alone.
 */
export type ProcessName = string;

/** With `@PLACE.WHAT` behind it, it is the name of one thing that a process of that place has made. */
const NAME = /^([1-9]\d*)(?:-(\d+))?(?:@([0-9a-f]{12})\.[0-9a-f]{12})?$/;

export function thisProcess(): ProcessName {
  const start = look(process.pid)?.start;
  return start === undefined ? String(process.pid) : `${process.pid}-${start}`;
}

/** A name for something that this process makes, which nobody has used and nobody will: `NUMBER-START@PLACE.WHAT`. */
export function ownName(): string {
  return `${thisProcess()}@${HERE}.${randomBytes(6).toString('hex')}`;
}

/** Whether the process in an own name is one of another machine or container, of which nobody here knows if it runs. */
export function isElsewhere(name: string): boolean {
  const place = NAME.exec(name)?.[3];
  return place !== undefined && place !== HERE;
}

/** The process number in a name; undefined where the text is none. */
export function numberOf(name: string): number | undefined {
  const number = NAME.exec(name)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** Whether the process is gone for certain. A text that names no process has not ended, nor has one from elsewhere. */
export function hasEnded(name: string): boolean {
  const [, number, start] = NAME.exec(name) ?? [];
  if (number === undefined || isElsewhere(name)) return false;
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

function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
