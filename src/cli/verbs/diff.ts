import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { StowageError } from '../../errors.ts';
import type { Difference } from '../../pull/diff.ts';
import type { Side } from '../../pull/sides.ts';
import { EXIT } from '../exit.ts';
import { interruptible } from '../interrupt.ts';
import { addOutput, type OutputOption, printDocument, reportingErrors } from '../output.ts';
import { addReadOptions, type ReadOptions, withPlace } from '../read-options.ts';

const HELP = `
A and B are images, host[:port]/repository[:tag|@digest] or oci:DIRECTORY[:tag|@digest], or folders: what begins
with "/", "./" or "../" is a folder.

Files of another size differ. Those of the same size are compared by the digests that images vouch for, and files
of folders are read for it; weights are not fetched. Where an image vouches for a layer of several files only as a
whole, and it differs, that layer is read; so are layers that are compressed.

"To send" are the bytes of B's layers that A does not have: what it costs to push B to where A is.

Exit code: 0 no difference, 1 there is one, or it could not be found out, 2 the call is wrong.

Examples:
  stowage diff registry.example.com/team-a/bert:v2 registry.example.com/team-a/bert:v3
  stowage diff registry.example.com/team-a/bert:v2 ./bert        what would a push of ./bert change, and cost?
  stowage diff ./bert-old ./bert-new
  stowage diff oci:./images:v2 oci:./images:v3 -o json | jq .bytes.toSend`;

interface DiffOptions extends ReadOptions, OutputOption {
  readonly all?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('diff')
    .summary('compare two versions of a model: files, and bytes to send')
    .description(
      'Compares two versions of a model, in images or folders: which files differ, and what is to be sent.',
    )
    .argument('<a>', 'image or ./folder')
    .argument('<b>', 'image or ./folder')
    .option('--all', 'list every file where many differ')
    .addHelpText('after', HELP);
  addOutput(addReadOptions(command), ['json', 'yaml']).action(run);
}

async function run(a: string, b: string, options: DiffOptions): Promise<void> {
  const found = await reportingErrors(options.output, () =>
    interruptible((signal) => difference([a, b], options, signal)),
  );
  if (options.output !== undefined) await printDocument(found, options.output);
  else {
    const { differenceText } = await import('../difference-text.ts');
    process.stdout.write(`${differenceText(found, { all: options.all ?? false })}\n`);
  }
  if (!found.same) process.exitCode = EXIT.failed;
}

async function difference(
  [a, b]: readonly [string, string],
  options: DiffOptions,
  signal: AbortSignal,
): Promise<Difference> {
  const { diff } = await import('../../pull/diff.ts');
  return withSide(a, options, signal, (from) => withSide(b, options, signal, (to) => diff(from, to, signal)));
}

async function withSide<T>(
  name: string,
  options: DiffOptions,
  signal: AbortSignal,
  use: (side: Side) => Promise<T>,
): Promise<T> {
  const { readFolder, readImage } = await import('../../pull/sides.ts');
  if (/^(?:\/|\.\.?(?:\/|$))/.test(name)) return use(await readFolder(name, signal));
  await refuseFolder(name);
  return withPlace(name, options, async ({ target, tag }) =>
    use(await readImage({ store: target, tag, platform: options.platform }, signal)),
  );
}

/** Where a name means both, what comes of a guess would be hard to understand. */
async function refuseFolder(name: string): Promise<void> {
  const found = await stat(name).catch(() => undefined);
  if (found?.isDirectory() !== true) return;
  throw new StowageError('UsageInvalid', `${JSON.stringify(name)} is a folder here, and could be an image`, {
    hint: `Write ./${name} for the folder; for an image, write the name of its registry too.`,
  });
}
