import { type Command, Option } from 'commander';
import type { Compression } from '../../pack/layer-source.ts';
import { EXIT } from '../exit.ts';
import { interruptible } from '../interrupt.ts';
import { podCall, podVerb, type PodOptions } from '../pod-options.ts';

interface Options extends PodOptions {
  readonly compression: Compression;
}

/** What the pod of the builder stream runs. */
export function register(program: Command): void {
  podVerb(program, 'build')
    .addOption(new Option('--compression <how>').choices(['none', 'zstd']).default('none'))
    .action(run);
}

async function run(directory: string, options: Options): Promise<void> {
  const { runBuild } = await import('../../builders/in-pod/build.ts');
  const { compression } = options;
  const call = { ...podCall(directory, options), compression };
  const made = await interruptible((signal) =>
    runBuild(call, { env: process.env, out: process.stdout, signal }),
  );
  process.exitCode = made ? EXIT.ok : EXIT.failed;
}
