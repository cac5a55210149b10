import type { Command } from 'commander';
import type { Outcome } from '../../local/outcome.ts';
import { EXIT } from '../exit.ts';
import { interruptible } from '../interrupt.ts';
import {
  addOutput,
  type OutputFormat,
  type OutputOption,
  printDocument,
  reportingErrors,
} from '../output.ts';
import { addBuildOptions, type BuildOptions, openOptions, progressFactory } from '../target-options.ts';

const HELP = `
FILE holds Models and ModelVersions of model.kubedl.io/v1alpha1, in as many YAML documents as you like;
"-" reads standard input. Relative paths in it are relative to the file.
What was built is remembered in $STOWAGE_STATE (default: ~/.local/state/stowage), so a version that is
Ready is not built again.

Example:
  apiVersion: model.kubedl.io/v1alpha1
  kind: ModelVersion
  metadata: {name: bert-v3}
  spec:
    modelName: bert
    imageRepo: registry.example.com/team-a/bert
    imageTag: v3
    storage:
      localStorage: {path: /data/bert}`;

interface ApplyOptions extends BuildOptions, OutputOption {
  readonly filename: string[];
}

export function register(program: Command): void {
  const command = program
    .command('apply')
    .summary('build what a declaration says, and remember it')
    .description('Builds the images of the ModelVersions in a file, unless they are Ready already.')
    .requiredOption(
      '-f, --filename <file>',
      'file with the declarations; may be given several times',
      collect,
    )
    .addHelpText('after', HELP);
  addOutput(addBuildOptions(command), ['json', 'yaml']).action(run);
}

function collect(file: string, before: string[] = []): string[] {
  return [...before, file];
}

async function run(options: ApplyOptions): Promise<void> {
  const outcomes = await reportingErrors(options.output, () =>
    interruptible((signal) => applyFiles(options, signal)),
  );
  await print(outcomes, options.output);
  if (outcomes.some(({ error }) => error?.code === 'Cancelled')) process.exitCode = EXIT.interrupted;
  else if (outcomes.some(({ result }) => result === 'failed')) process.exitCode = EXIT.failed;
}

async function applyFiles(options: ApplyOptions, signal: AbortSignal): Promise<Outcome[]> {
  const [{ hostname }, { apply }, { readDeclarations }, { State, stateDirectory }] = await Promise.all([
    import('node:os'),
    import('../../local/apply.ts'),
    import('../../local/read-declarations.ts'),
    import('../../local/state.ts'),
  ]);
  return apply(await readDeclarations(options.filename, signal), {
    state: new State(stateDirectory()),
    host: { hostname: hostname() },
    open: openOptions(options),
    progress: await progressFactory(options),
    signal,
  });
}

async function print(outcomes: readonly Outcome[], format: OutputFormat | undefined): Promise<void> {
  const { outcomeDocument, printOutcome } = await import('../outcome.ts');
  if (format !== undefined) await printDocument(outcomeDocument(outcomes), format);
  for (const outcome of outcomes) printOutcome(outcome, { quiet: format !== undefined });
}
