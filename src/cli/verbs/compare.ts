import type { Command } from 'commander';
import type { ModelVersion } from '../../api/modelversion.ts';
import type { Comparison } from '../../cluster/comparison.ts';
import { StowageError } from '../../errors.ts';
import { addCluster, onCluster, requireCluster, type ClusterOptions } from '../cluster-options.ts';
import { parseDuration } from '../duration.ts';
import { EXIT } from '../exit.ts';
import { addOutput, printDocument, reportingErrors, type OutputOption } from '../output.ts';
import { addBuildOptions, openOptions, type BuildOptions } from '../target-options.ts';
import { limited } from '../time-limit.ts';

const HELP = `
FILE holds one ModelVersion; "-" reads standard input. It is built twice, one after the other: with the
builder stream, and with kaniko. Both are versions of a Model of their own, with tags of their own, and are
deleted afterwards; the images stay in the registry. A StoragePolicy must allow kaniko, and the namespace a
pod that is root.

stream comes first and may read what is not in the cache of the node yet; pulling images counts.
Layers are read from the registry, with your credentials. Peak memory is what the kubelet says, for which you
must be allowed to get nodes/proxy. What is not known shows as –, and below the table is why.

Exit code: 0 both images are there, 1 one is not, 2 the call or the file is wrong.

Examples:
  stowage compare -f bert-v3.yaml --kube
  stowage compare -f bert-v3.yaml --kube -o json | jq '.contenders[].seconds'`;

interface CompareOptions extends ClusterOptions, BuildOptions, OutputOption {
  readonly filename: string;
  readonly keep?: boolean;
  /** Seconds. */
  readonly timeout?: number;
}

export function register(program: Command): void {
  const command = program
    .command('compare')
    .summary('build a ModelVersion with each builder, and show the difference')
    .description('Builds a ModelVersion in a cluster with each builder, and shows what each takes.')
    .requiredOption('-f, --filename <file>', 'file with one ModelVersion')
    .option('--keep', 'keep the ModelVersions that were made for it')
    .addHelpText('after', HELP);
  addBuildOptions(addCluster(command)).option(
    '--timeout <time>',
    'give up after a time such as 30m (default: never)',
    parseDuration,
  );
  addOutput(command, ['json', 'yaml']).action(run);
}

async function run(options: CompareOptions): Promise<void> {
  requireCluster(options, 'compare', 'On one machine there is one builder: stowage pack.');
  const found = await reportingErrors(options.output, () => compareBuilders(options));
  const { printError } = await import('../terminal/error.ts');
  const { contenders } = found;
  for (const { error } of contenders) if (error !== undefined) printError(process.stderr, error);
  if (options.output === undefined) {
    const { comparisonText } = await import('../comparison-text.ts');
    process.stdout.write(comparisonText(found));
  } else await printDocument(documentOf(found), options.output);
  if (contenders.some(({ image }) => image === undefined)) process.exitCode = EXIT.failed;
}

const RUN_BYTES = 3;

async function compareBuilders(options: CompareOptions): Promise<Comparison> {
  const [{ compare }, { comparison }, { buildDisplay }, { randomBytes }] = await Promise.all([
    import('../../cluster/compare.ts'),
    import('../../cluster/comparison.ts'),
    import('../build-display.ts'),
    import('node:crypto'),
  ]);
  const { progress, timeout, keep = false } = options;
  return onCluster(options, async ({ remote, signal, suggest }) => {
    const version = await readVersion(options, signal);
    const display = await buildDisplay(progress, false);
    const run = randomBytes(RUN_BYTES).toString('hex');
    const context = { remote, display, suggest, open: openOptions(options), run, keep };
    return limited(timeout, signal, async (inTime) =>
      comparison(await compare(version, { ...context, signal: inTime })),
    );
  });
}

async function readVersion(
  { filename, namespace }: CompareOptions,
  signal: AbortSignal,
): Promise<ModelVersion> {
  const [{ readDeclarations }, { inNamespace }] = await Promise.all([
    import('../../local/read-declarations.ts'),
    import('../../api/in-namespace.ts'),
  ]);
  const read = await readDeclarations([filename], signal, true);
  const [version, ...others] = namespace === undefined ? read : inNamespace(read, namespace);
  if (version?.kind === 'ModelVersion' && others.length === 0) return version;
  throw new StowageError(
    'DeclarationInvalid',
    `found ${read.map(({ kind }) => kind).join(', ')} in ${filename}; expected one ModelVersion`,
    { hint: 'Apply Models and StoragePolicies beforehand; compare one version at a time.' },
  );
}

/** For machines: errors in the form that all documents have. */
function documentOf({ contenders, notes }: Comparison): unknown {
  return {
    contenders: contenders.map(({ error, ...rest }) =>
      error === undefined
        ? rest
        : { ...rest, error: { code: error.code, message: error.message, hint: error.hint } },
    ),
    notes,
  };
}
