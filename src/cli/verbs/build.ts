import { type Command, Option } from 'commander';
import type { Compression } from '../../pack/layer-source.ts';
import { EXIT } from '../exit.ts';
import { interruptible } from '../interrupt.ts';

interface Options {
  readonly within?: string;
  readonly to: string;
  readonly base?: string;
  readonly overwrite?: boolean;
  readonly maxBytes?: number;
  readonly compression: Compression;
  readonly plainHttp: readonly string[];
  readonly secrets: string;
  readonly pushSecret: readonly string[];
}

/** What a builder pod runs. It is for pods only, so no help and no page speaks of it. */
export function register(program: Command): void {
  program
    .command('build', { hidden: true })
    .argument('<dir>', 'where the model is mounted')
    .option('--within <dir>', 'where <dir> must lie, whatever links lead there')
    .requiredOption('--to <ref>', 'where the image goes')
    .option('--base <ref>', 'image to put the model on top of')
    .addOption(new Option('--compression <how>').choices(['none', 'zstd']).default('none'))
    .option('--overwrite', 'let the tag move')
    .option('--max-bytes <n>', 'refuse a model that is larger', Number)
    .option('--plain-http <host>', 'a registry that is spoken to without TLS; may be repeated', added, [])
    .requiredOption('--secrets <dir>', 'where the Secrets are mounted')
    .option('--push-secret <name>', 'a Secret that must be there; may be repeated', added, [])
    .action(run);
}

function added(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

async function run(directory: string, options: Options): Promise<void> {
  const { within, to, base, overwrite = false, compression, maxBytes } = options;
  const { plainHttp, secrets, pushSecret } = options;
  const { runBuild } = await import('../../builders/stream/run-build.ts');
  const what = { directory, within, to, base, overwrite, compression, maxBytes };
  const call = { ...what, plainHttp, secrets, pushSecrets: pushSecret };
  const made = await interruptible((signal) =>
    runBuild(call, { env: process.env, out: process.stdout, signal }),
  );
  process.exitCode = made ? EXIT.ok : EXIT.failed;
}
