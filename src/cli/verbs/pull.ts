import type { Command } from 'commander';
import type { PullReport } from '../../pull/pull-report.ts';
import { interruptible } from '../interrupt.ts';
import { addOutput, type OutputOption, printDocument, reportingErrors } from '../output.ts';
import { addReadOptions, type ReadOptions, withPlace } from '../read-options.ts';
import { addProgress, progressFactory, type ProgressOption } from '../target-options.ts';

const HELP = `
REF is host[:port]/repository[:tag|@digest], or oci:DIRECTORY[:tag|@digest]. It may be anybody's image.
DIR gets the files of the model: models/config.json in the image becomes DIR/config.json. Of an image that has
no models/, it gets all files.

A file appears under its name when all of it is there and has the right digest. Until then it lies in
DIR/.stowage-pull; whatever stops a pull, the same command goes on from there. Files that are there already and
the same are not fetched; one that differs ends the pull before any file is written, unless --overwrite is given.

In a PATTERN, * stands for anything but a slash, ** for any directories, and a pattern without a slash is about
names in every directory. Of a single small file only that file is fetched.

Exit code: 0 all files are there, 1 they are not, 2 the call is wrong.

Examples:
  stowage pull registry.example.com/team-a/bert:v3 ./bert
  stowage pull registry.example.com/team-a/bert:v3 ./bert --include config.json --include 'tokenizer*'
  stowage pull registry.example.com/team-a/bert:v3 ./bert --exclude '*.bin' --exclude 'onnx/**'
  stowage pull oci:./images:v3 ./bert -o json | jq .bytes`;

interface PullOptions extends ReadOptions, ProgressOption, OutputOption {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly overwrite?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('pull')
    .summary("write the files of an image's model into a folder")
    .description(
      "Writes the files of an image's model into a folder, checked, and goes on where it was stopped.",
    )
    .argument('<ref>', 'the image')
    .argument('<dir>', 'where the files go; made if missing')
    .option('--include <pattern>', 'only files that it means; can be repeated', several)
    .option('--exclude <pattern>', 'not the files that it means; can be repeated', several)
    .option('--overwrite', 'replace files that have other content')
    .addHelpText('after', HELP);
  addOutput(addProgress(addReadOptions(command)), ['json', 'yaml']).action(run);
}

function several(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

async function run(reference: string, directory: string, options: PullOptions): Promise<void> {
  const report = await reportingErrors(options.output, () =>
    interruptible((signal) => pullImage({ reference, directory }, options, signal)),
  );
  if (options.output !== undefined) {
    await printDocument(report, options.output);
    return;
  }
  const { pullText } = await import('../pull-text.ts');
  process.stdout.write(`${pullText(report)}\n`);
}

function pullImage(
  { reference, directory }: { readonly reference: string; readonly directory: string },
  options: PullOptions,
  signal: AbortSignal,
): Promise<PullReport> {
  return withPlace(reference, options, async ({ target, tag }) => {
    const [{ pull }, makeProgress] = await Promise.all([
      import('../../pull/pull.ts'),
      progressFactory(options),
    ]);
    return pull({
      store: target,
      tag,
      platform: options.platform,
      directory,
      filter: { include: options.include ?? [], exclude: options.exclude ?? [] },
      overwrite: options.overwrite ?? false,
      progress: makeProgress(),
      signal,
    });
  });
}
