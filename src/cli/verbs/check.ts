import type { Command } from 'commander';
import { EXIT } from '../exit.ts';
import { interruptible } from '../interrupt.ts';
import { podCall, podVerb, type PodOptions } from '../pod-options.ts';

interface Options extends PodOptions {
  readonly uid: string;
}

/** What the pod of the builder kaniko runs before Kaniko. */
export function register(program: Command): void {
  podVerb(program, 'check').requiredOption('--uid <uid>', 'of the ModelVersion').action(run);
}

async function run(directory: string, options: Options): Promise<void> {
  const { runCheck } = await import('../../builders/in-pod/check.ts');
  const call = { ...podCall(directory, options), uid: options.uid };
  const passed = await interruptible((signal) =>
    runCheck(call, { env: process.env, out: process.stdout, signal }),
  );
  process.exitCode = passed ? EXIT.ok : EXIT.failed;
}
