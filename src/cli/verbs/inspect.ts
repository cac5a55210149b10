import type { Command } from 'commander';
import type { Inspection } from '../../pull/inspect.ts';
import { interruptible } from '../interrupt.ts';
import { addOutput, type OutputOption, printDocument, reportingErrors } from '../output.ts';
import { addReadOptions, type ReadOptions, withPlace } from '../read-options.ts';

const HELP = `
REF is host[:port]/repository[:tag|@digest], or oci:DIRECTORY[:tag|@digest]. It may be anybody's image.

No weights are fetched: files are found by the headers between them, a few kilobytes each. Only layers that are
compressed must be read to their end; an image that "stowage pack" made has none, unless it was asked to.

Examples:
  stowage inspect registry.example.com/team-a/bert:v3
  stowage inspect registry.example.com/team-a/bert:v3 --all       every file, however many
  stowage inspect oci:./images:v3 -o json | jq '.files[] | select(.format == "safetensors") | .path'
  stowage inspect registry.example.com/team-a/bert:v3 -o json | jq -r .digest`;

interface InspectOptions extends ReadOptions, OutputOption {
  readonly all?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('inspect')
    .summary('show what is in an image: its model, files and layers')
    .description('Shows what is in an image, its model, files and layers, without fetching weights.')
    .argument('<ref>', 'the image')
    .option('--all', 'list every file of an image with many')
    .addHelpText('after', HELP);
  addOutput(addReadOptions(command), ['json', 'yaml']).action(run);
}

async function run(reference: string, options: InspectOptions): Promise<void> {
  const found = await reportingErrors(options.output, () =>
    interruptible((signal) => inspectImage(reference, options, signal)),
  );
  if (options.output !== undefined) {
    await printDocument(found, options.output);
    return;
  }
  const { inspectionText } = await import('../inspection-text.ts');
  process.stdout.write(`${inspectionText(found, { all: options.all ?? false })}\n`);
}

function inspectImage(reference: string, options: InspectOptions, signal: AbortSignal): Promise<Inspection> {
  return withPlace(reference, options, async ({ target, tag }) => {
    const { inspect } = await import('../../pull/inspect.ts');
    return inspect({ store: target, tag, platform: options.platform }, signal);
  });
}
