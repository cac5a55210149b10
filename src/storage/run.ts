import { spawn } from 'node:child_process';

/** How a program ended. */
export interface Ended {
  /** Undefined: it was killed. */
  readonly code: number | undefined;
  /** The beginning of what it wrote to standard output and error. */
  readonly output: string;
}

/** Characters of a program's output that are kept. */
const MAX_OUTPUT = 4096;

/** How long the output is waited for when the program has ended, in ms: a daemon that it left behind may hold it open. */
const LINGER = 200;

/** How long a program that was killed is waited for, in ms: one that waits for a file system may not end before that does. */
const GRACE = 2000;

/**
 * Runs a program without a shell, in a process group of its own, which is killed when `within` milliseconds are over or
 * the signal aborts: a helper of mount would go on without it. Never rejects: what cannot be run has code 127.
 */
export function run(call: readonly string[], within: number, signal?: AbortSignal): Promise<Ended> {
  const [program = '', ...args] = call;
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Messages are read.
    env: { ...process.env, LC_ALL: 'C', LANGUAGE: 'C' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(0, MAX_OUTPUT)));
  let grace: NodeJS.Timeout | undefined;
  const kill = (): void => {
    killGroup(child.pid);
    grace ??= setTimeout(end, GRACE, null);
  };
  const timer = setTimeout(kill, within);
  signal?.addEventListener('abort', kill);
  if (signal?.aborted === true) kill();
  function end(code: number | null): void {
    clearTimeout(timer);
    clearTimeout(grace);
    signal?.removeEventListener('abort', kill);
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
    resolve({ code: code ?? undefined, output: output.trim() });
  }
  child.on('error', (error) => {
    output = error.message;
    end(127);
  });
  child.on('exit', (code) => {
    const timeout = setTimeout(end, LINGER, code);
    child.on('close', () => {
      clearTimeout(timeout);
      end(code);
    });
  });
  return promise;
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
