import type { Command } from 'commander';
import { StowageError } from '../../errors.ts';
import type { Outcome } from '../../local/outcome.ts';
import type { ClusterApplyOptions } from '../apply-in-cluster.ts';
import { addCluster, asksForCluster } from '../cluster-options.ts';
import { parseDuration } from '../duration.ts';
import { EXIT } from '../exit.ts';
import { interruptible } from '../interrupt.ts';
import {
  addOutput,
  type OutputFormat,
  type OutputOption,
  printDocument,
  reportingErrors,
} from '../output.ts';
import {
  addBuildOptions,
  addHere,
  openOptions,
  progressFactory,
  type HereOptions,
} from '../target-options.ts';
import { addWait } from '../wait-option.ts';

const HELP = `
FILE holds Models and ModelVersions of model.kubedl.io/v1alpha1, in as many YAML documents as you like;
"-" reads standard input. Relative paths in it are relative to the file.
What was built is remembered in $STOWAGE_STATE (default: ~/.local/state/stowage), so a version that is
Ready is not built again.

With --kube the declarations go to a cluster, whose controller builds the images; StoragePolicies may be
among them. localStorage needs a nodeName then, and paths are absolute. Ctrl-C stops
watching only; stowage cancel NAME gives a build up.

Example:
  apiVersion: model.kubedl.io/v1alpha1
  kind: ModelVersion
  metadata: {name: bert-v3}
  spec:
    modelName: bert
    imageRepo: registry.example.com/team-a/bert
    imageTag: v3
    storage:
      localStorage: {path: /data/bert}

  stowage apply -f bert-v3.yaml --kube`;

interface ApplyOptions extends ClusterApplyOptions, HereOptions, OutputOption {}

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
  addBuildOptions(addHere(addCluster(command)));
  addWait(command, 'in a cluster, stay until each is Ready or has failed').option(
    '--timeout <time>',
    'in a cluster, stop watching after a time such as 10m (default: never)',
    parseDuration,
  );
  addOutput(command, ['json', 'yaml']).action(run);
}

function collect(file: string, before: string[] = []): string[] {
  return [...before, file];
}

async function run(options: ApplyOptions): Promise<void> {
  if (asksForCluster(options)) await runInCluster(options);
  else await runHere(options);
}

async function runInCluster(options: ApplyOptions): Promise<void> {
  refuseHere(options);
  const [{ applyInCluster }, { reportOutcomes }] = await Promise.all([
    import('../apply-in-cluster.ts'),
    import('../cluster-outcome.ts'),
  ]);
  const outcomes = await reportingErrors(options.output, () => applyInCluster(options));
  await reportOutcomes(outcomes, options.output);
}

async function runHere(options: ApplyOptions): Promise<void> {
  const outcomes = await reportingErrors(options.output, () =>
    interruptible((signal) => applyFiles(options, signal)),
  );
  await print(outcomes, options.output);
  if (outcomes.some(({ error }) => error?.code === 'Cancelled')) process.exitCode = EXIT.interrupted;
  else if (outcomes.some(({ result }) => result === 'failed')) process.exitCode = EXIT.failed;
}

async function applyFiles(options: ApplyOptions, signal: AbortSignal): Promise<Outcome[]> {
  refuseWaiting(options);
  const [
    { hostname },
    { apply },
    { readDeclarations },
    { State, stateDirectory },
    { UploadFiles },
    { PinFile },
    { inNamespace },
  ] = await Promise.all([
    import('node:os'),
    import('../../local/apply.ts'),
    import('../../local/read-declarations.ts'),
    import('../../local/state.ts'),
    import('../../local/kept-uploads.ts'),
    import('../../local/record-pins.ts'),
    import('../../api/in-namespace.ts'),
  ]);
  const { namespace, filename } = options;
  const read = await readDeclarations(filename, signal);
  return apply(namespace === undefined ? read : inNamespace(read, namespace), {
    state: new State(stateDirectory()),
    host: { hostname: hostname() },
    open: openOptions(options),
    uploads: (image) => new UploadFiles(stateDirectory(), image),
    pins: new PinFile(stateDirectory()),
    verifySource: options.verifySource,
    bandwidth: options.bandwidth,
    progress: await progressFactory(options),
    signal,
  });
}

/** A pod builds what the declaration and the settings say. */
function refuseHere({ verifySource, bandwidth }: ApplyOptions): void {
  if (verifySource === undefined && bandwidth === undefined) return;
  const [option, hint] =
    verifySource === undefined
      ? ['--bandwidth', 'For a cluster its administrator sets builder.bandwidth in the settings.']
      : [
          '--verify-source',
          `For a cluster write it into the declaration: spec.verifySource: ${verifySource}.`,
        ];
  throw new StowageError('UsageInvalid', `${option} is for builds on this machine`, { hint });
}

/** On one machine this process builds: there is nobody to hand it over to. */
function refuseWaiting({ wait, timeout }: ApplyOptions): void {
  if (wait && timeout === undefined) return;
  throw new StowageError('UsageInvalid', `${wait ? '--timeout' : '--wait=false'} is for clusters`, {
    hint: 'On one machine apply builds the images itself. For a cluster add --kube, or --context NAME.',
  });
}

async function print(outcomes: readonly Outcome[], format: OutputFormat | undefined): Promise<void> {
  const { outcomeDocument, printOutcome } = await import('../outcome.ts');
  if (format !== undefined) await printDocument(outcomeDocument(outcomes), format);
  for (const outcome of outcomes) printOutcome(outcome, { quiet: format !== undefined });
}
