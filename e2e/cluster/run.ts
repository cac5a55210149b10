import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Default: a minute, which none of the small programs needs. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 60_000;

/**
 * Runs a program and gives its stdout.
 * @throws Error with the command line and what stderr said when it fails or takes too long
 */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { cwd, env, input, timeoutMs = TIMEOUT_MS } = options;
  const child = spawn(program, args, { cwd, env, timeout: timeoutMs, killSignal: 'SIGKILL' });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined); // a program that reads no input may be gone before it is written
  child.stdin.end(input ?? '');
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code === 0) return stdout;
  const end = signal === null ? `exit code ${String(code)}` : `ended by ${signal} (limit ${timeoutMs} ms)`;
  throw new Error(`${program} ${args.join(' ')}: ${end}\n${stderr.trim()}`);
}
