import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Report } from '../../src/pack/report.ts';
import { runStowage } from '../support/stowage.ts';
import { findTool } from '../support/tools.ts';

/** Enough for the JSON that any of the programs prints. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Runs a program and gives its stdout. @throws Error with its stderr when it fails. */
export async function run(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(findTool(program) ?? program, args, {
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  return stdout;
}

/** Packs a directory as a user does, and gives the report. */
export async function pack(directory: string, to: string, ...more: string[]): Promise<Report> {
  return packWith({}, directory, to, ...more);
}

/** The same, with more in its environment. */
export async function packWith(
  env: Record<string, string>,
  directory: string,
  to: string,
  ...more: string[]
): Promise<Report> {
  const { code, stdout, stderr } = await runStowage(['pack', directory, '--to', to, '-o', 'json', ...more], {
    env,
  });
  if (code !== 0) throw new Error(`stowage pack: exit code ${String(code)}\n${stderr}`);
  return JSON.parse(stdout) as Report;
}
