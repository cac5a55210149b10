/**
 * How many bytes a command reads and writes, counted at its system calls. strace slows a command down, so this is
 * done in a run of its own that nobody times. Page cache or disk, each read() counts: a second pass over the source
 * is a second pass even where memory serves it.
 */
import { readdir, mkdtemp, rm } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { run } from './run.ts';
import { TRANSIENT } from './paths.ts';

export interface Traffic {
  /** Bytes read from the model's files. */
  readonly source: number;
  /** Bytes written to any file: copies, archives, caches, logs. */
  readonly written: number;
  /** Bytes read from files that the command wrote. */
  readonly reread: number;
}

/** What moves bytes out of, into or between file descriptors. Files that are mapped into memory are not seen; none of the contenders maps a model. */
const READS = ['read', 'pread64', 'readv', 'preadv', 'preadv2'];
const WRITES = ['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2'];
const MOVES = ['sendfile', 'copy_file_range', 'splice'];

/** One call that succeeded: `read(3</model/a>, ""..., 4096) = 4096`. */
const CALL = /^(\w+)\((.*)\)\s+= (\d+)$/;
const DESCRIPTOR = /\b\d+<([^>]*)>/g;

/** `isSource` says whether a path, as the kernel names it, is one of the model's files. */
export async function traced(
  command: readonly string[],
  isSource: (path: string) => boolean,
): Promise<Traffic> {
  const directory = await mkdtemp(`${TRANSIENT}trace-`);
  try {
    // One file per thread: in a common one, calls that overlap are cut in two.
    const calls = [...READS, ...WRITES, ...MOVES].join(',');
    const strace = [
      'strace',
      '-ff',
      '-y',
      '-qq',
      '-s',
      '0',
      '--seccomp-bpf',
      '-e',
      'signal=none',
      '-e',
      `trace=${calls}`,
    ];
    await run([...strace, '-o', `${directory}/t`, ...command]);
    const moved = await transfers(directory);
    const written = new Set(moved.map((each) => each.to).filter(isFile));
    return {
      source: total(moved, ({ from }) => isSource(from)),
      written: total(moved, ({ to }) => isFile(to)),
      reread: total(moved, ({ from }) => !isSource(from) && written.has(from)),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Transfer {
  /** A path, `socket:[…]`, `pipe:[…]`, or empty for the process's memory. */
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
}

async function transfers(directory: string): Promise<Transfer[]> {
  const found: Transfer[] = [];
  for (const file of await readdir(directory)) {
    for await (const line of createInterface({ input: createReadStream(`${directory}/${file}`) })) {
      const transfer = parseCall(line);
      if (transfer !== undefined) found.push(transfer);
    }
  }
  return found;
}

/** What a line of strace's output moved; undefined for a call that failed or moved nothing. */
export function parseCall(line: string): Transfer | undefined {
  const [, call = '', args = '', result = '0'] = CALL.exec(line) ?? [];
  const bytes = Number(result);
  if (bytes === 0) return undefined;
  const [first = '', second = ''] = [...args.matchAll(DESCRIPTOR)].map((match) => match[1] ?? '');
  if (READS.includes(call)) return { from: first, to: '', bytes };
  if (WRITES.includes(call)) return { from: '', to: first, bytes };
  return call === 'sendfile' ? { from: second, to: first, bytes } : { from: first, to: second, bytes };
}

function isFile(path: string): boolean {
  return path.startsWith('/') && !/^\/(dev|proc|sys)\//.test(path);
}

function total(moved: readonly Transfer[], counts: (transfer: Transfer) => boolean): number {
  return moved.reduce((sum, each) => (counts(each) ? sum + each.bytes : sum), 0);
}
