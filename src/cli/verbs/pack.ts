import { type Command, Option } from 'commander';
import type { Compression } from '../../pack/layer-source.ts';
import type { Report } from '../../pack/report.ts';
import { interruptible } from '../interrupt.ts';
import { addOutput, type OutputOption, reportingErrors } from '../output.ts';
import {
  addBuildOptions,
  addHere,
  type BuildOptions,
  openOptions,
  progressFactory,
  type HereOptions,
} from '../target-options.ts';

const HELP = `
REF is host[:port]/repository[:tag] for a registry, or oci:DIRECTORY[:tag] for an OCI image layout;
the tag is "latest" where none is given. Credentials come from "docker login" or "podman login".

Examples:
  stowage pack ./bert --to registry.example.com/team-a/bert:v3
  stowage pack ./bert --to oci:./images:v3
  stowage pack ./bert --to localhost:5000/bert:v3 --base docker.io/library/busybox:1.37
  stowage pack ./bert --to localhost:5000/bert:v3 -o json | jq -r .digest`;

interface PackOptions extends BuildOptions, HereOptions, OutputOption {
  readonly to: string;
  readonly base?: string;
  readonly overwrite?: boolean;
  readonly compression: Compression;
}

export function register(program: Command): void {
  const command = program
    .command('pack')
    .summary('make an image of a folder and push it')
    .description('Makes an image of the files in a folder and pushes it, reading each byte once.')
    .argument('<dir>', 'the folder that holds the model')
    .requiredOption('--to <ref>', 'where the image goes')
    .option(
      '--base <ref>',
      'image to put the model on top of, for servers that need a shell in it (default: none)',
    )
    .addOption(
      new Option('--compression <how>', "zstd is read by containerd, but refused by KServe's fetch")
        .choices(['none', 'zstd'])
        .default('none'),
    )
    .option('--overwrite', 'let the tag move to other content where it exists')
    .addHelpText('after', HELP);
  addOutput(addBuildOptions(addHere(command)), ['json', 'yaml']).action(run);
}

async function run(directory: string, options: PackOptions): Promise<void> {
  const report = await reportingErrors(options.output, () =>
    interruptible((signal) => pack(directory, options, signal)),
  );
  const { printReport } = await import('../report.ts');
  await printReport(report, options.output);
}

async function pack(directory: string, options: PackOptions, signal: AbortSignal): Promise<Report> {
  const [{ packTo }, { UploadFiles }, { PinFile }, { storageName }, { stateDirectory }] = await Promise.all([
    import('../../pack/pack-to.ts'),
    import('../../local/kept-uploads.ts'),
    import('../../local/record-pins.ts'),
    import('../../local/storage-name.ts'),
    import('../../local/state-directory.ts'),
  ]);
  const makeProgress = await progressFactory(options);
  return packTo({
    directory,
    to: options.to,
    base: options.base,
    overwrite: options.overwrite ?? false,
    compression: options.compression,
    storage: await storageName(directory),
    verifySource: options.verifySource,
    bandwidth: options.bandwidth,
    pins: new PinFile(stateDirectory()),
    open: { ...openOptions(options), uploads: new UploadFiles(stateDirectory(), options.to) },
    progress: makeProgress(),
    signal,
  });
}
