import { type Command, InvalidArgumentError, Option } from 'commander';
import { isDigest, type Digest } from '../../oci/digest.ts';
import type { Compression } from '../../pack/layer-source.ts';
import { parseRate } from '../../pack/rate.ts';
import type { VerifySource } from '../../record/reusable.ts';
import { EXIT } from '../exit.ts';
import { interruptible } from '../interrupt.ts';
import { podCall, podVerb, type PodOptions } from '../pod-options.ts';

interface Options extends PodOptions {
  readonly compression: Compression;
  readonly bandwidth?: number;
  readonly storage: string;
  readonly previous?: string;
  readonly record?: Digest;
  readonly verifySource?: VerifySource;
}

/** What the pod of the builder stream runs. */
export function register(program: Command): void {
  podVerb(program, 'build')
    .addOption(new Option('--compression <how>').choices(['none', 'zstd']).default('none'))
    .option('--bandwidth <rate>', 'send no faster than this', parseRate)
    .requiredOption('--storage <name>', 'names the storage that the model lies on')
    .option('--previous <ref>', 'an image of the same model, by its digest')
    .addOption(new Option('--verify-source <how>').choices(['full', 'changed', 'none']))
    .addOption(new Option('--record <digest>', 'of the record of that image').argParser(digestOf))
    .action(run);
}

async function run(directory: string, options: Options): Promise<void> {
  const { runBuild } = await import('../../builders/in-pod/build.ts');
  const { compression, bandwidth, storage, previous, record, verifySource } = options;
  const call = {
    ...podCall(directory, options),
    compression,
    bandwidth,
    storage,
    previous,
    record,
    verifySource,
  };
  const made = await interruptible((signal) =>
    runBuild(call, { env: process.env, out: process.stdout, signal }),
  );
  process.exitCode = made ? EXIT.ok : EXIT.failed;
}

function digestOf(value: string): Digest {
  if (isDigest(value)) return value;
  throw new InvalidArgumentError('It is no sha256 digest.');
}
