import type { Command } from 'commander';
import type { Verification } from '../../pull/verify.ts';
import { EXIT } from '../exit.ts';
import { interruptible } from '../interrupt.ts';
import { addOutput, type OutputOption, printDocument, reportingErrors } from '../output.ts';
import { addReadOptions, type ReadOptions, withPlace } from '../read-options.ts';

const HELP = `
Every file of the image's model must be in DIR with the right content, and nothing else. The files of DIR are read
and hashed; weights are not fetched. Layers that are compressed must be, and layers of small files where one
differs: only they can say which. Layers that the image says are those of its base are not looked into.

Exit code: 0 all is right, 1 something differs, which is listed, or it could not be found out, 2 the call is wrong.

Examples:
  stowage verify registry.example.com/team-a/bert:v3 ./bert
  stowage verify registry.example.com/team-a/bert@sha256:2f0c… ./bert && serve ./bert
  stowage verify oci:./images:v3 ./bert -o json | jq -r '.differing[]'`;

interface VerifyOptions extends ReadOptions, OutputOption {}

export function register(program: Command): void {
  const command = program
    .command('verify')
    .summary('check that a folder has the files of an image, and nothing else')
    .description(
      "Checks that a folder has the files of an image's model with the right content, and nothing else.",
    )
    .argument('<ref>', 'the image')
    .argument('<dir>', 'the folder')
    .addHelpText('after', HELP);
  addOutput(addReadOptions(command), ['json', 'yaml']).action(run);
}

async function run(reference: string, directory: string, options: VerifyOptions): Promise<void> {
  const found = await reportingErrors(options.output, () =>
    interruptible((signal) => verifyFolder({ reference, directory }, options, signal)),
  );
  if (options.output !== undefined) await printDocument(found, options.output);
  else {
    const { verificationText } = await import('../verification-text.ts');
    process.stdout.write(`${verificationText(found)}\n`);
  }
  if (!found.verified) process.exitCode = EXIT.failed;
}

function verifyFolder(
  { reference, directory }: { readonly reference: string; readonly directory: string },
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<Verification> {
  return withPlace(reference, options, async ({ target, tag }) => {
    const { verify } = await import('../../pull/verify.ts');
    return verify({ store: target, tag, platform: options.platform, directory }, signal);
  });
}
