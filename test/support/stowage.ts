import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface Run {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  /** Called once the process runs. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
  /** Called with what stderr has said so far, each time it says more. */
  readonly onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
  /** Called with what stdout has said so far, each time it says more. */
  readonly onStdout?: (text: string) => void;
}

export const LAUNCHER = resolve(import.meta.dirname, '../../stowage');

/**
 * Runs the command line as a user would, in a process of its own, without this environment's colours and registries.
 * Where the call names no state directory it remembers nothing.
 */
export async function runStowage(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  if (options.env?.['STOWAGE_STATE'] !== undefined) return run(args, options);
  const state = await mkdtemp(join(tmpdir(), 'stowage-test-state-'));
  try {
    return await run(args, { ...options, env: { STOWAGE_STATE: state, ...options.env } });
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

function run(args: readonly string[], options: RunOptions): Promise<Run> {
  const { PATH = '', HOME = '/tmp', XDG_CACHE_HOME } = process.env;
  const env = { PATH, HOME, ...(XDG_CACHE_HOME === undefined ? {} : { XDG_CACHE_HOME }), ...options.env };
  return new Promise((done, fail) => {
    const child = spawn(LAUNCHER, args, { env, cwd: options.cwd });
    let [stdout, stderr] = ['', ''];
    options.onStart?.((signal) => child.kill(signal));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      options.onStdout?.(stdout);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      options.onStderr?.(stderr, (signal) => child.kill(signal));
    });
    child.on('error', fail);
    child.on('close', (code) => done({ code, stdout, stderr }));
    child.stdin.end(options.input ?? '');
  });
}
