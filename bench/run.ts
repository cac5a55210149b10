import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { TRANSIENT } from './paths.ts';

/** What one run of a command took. */
export interface Run {
  /** From start to exit. */
  readonly seconds: number;
  /** Resident memory of the largest process among the command and its children, in bytes. */
  readonly peakBytes: number;
  /** User and system time of all its processes. */
  readonly cpuSeconds: number;
  readonly stdout: string;
}

/** How much of a failed command's stderr is shown. */
const SHOWN = 2000;

/**
 * Runs a command under GNU time and measures it.
 * @throws Error with the end of its stderr when it fails: a contender that failed has no time.
 */
export async function measured(command: readonly string[]): Promise<Run> {
  const directory = await mkdtemp(`${TRANSIENT}time-`);
  try {
    const file = `${directory}/usage`;
    const start = performance.now();
    const stdout = await run(['time', '-q', '-f', '%M %U %S', '-o', file, ...command]);
    const seconds = (performance.now() - start) / 1000;
    const [kib = 0, user = 0, system = 0] = (await readFile(file, 'utf8')).trim().split(' ').map(Number);
    return { seconds, peakBytes: kib * 1024, cpuSeconds: user + system, stdout };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs a command and gives its stdout. @throws Error when it fails. */
export function run(command: readonly string[]): Promise<string> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-SHOWN)));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(stdout).toString());
      else
        reject(
          new Error(`${command.join(' ').slice(0, 300)}: ${signal ?? `exit code ${code ?? '?'}`}\n${stderr}`),
        );
    });
  });
}

/** Whether a program is on the PATH. */
export async function has(program: string): Promise<boolean> {
  return run(['sh', '-c', 'command -v "$1"', 'sh', program]).then(
    () => true,
    () => false,
  );
}
