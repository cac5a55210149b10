import type { Command } from 'commander';
import type { Declaration } from '../../api/declaration.ts';
import { LABEL_VALUE, QUALIFIED_KEY } from '../../api/grammar.ts';
import type { ModelVersion } from '../../api/modelversion.ts';
import type { StoragePolicy } from '../../api/storagepolicy.ts';
import type { PolicyDecision } from '../../cluster/policy-decision.ts';
import { StowageError } from '../../errors.ts';
import { addCluster, asksForCluster, onCluster, type ClusterOptions } from '../cluster-options.ts';
import { EXIT } from '../exit.ts';
import { interruptible } from '../interrupt.ts';
import { DEFAULT_NAMESPACE, matching } from '../kinds.ts';
import { addOutput, printDocument, reportingErrors, type OutputOption } from '../output.ts';

const HELP = `
FILE holds ModelVersions, and StoragePolicies if you like; "-" reads standard input. Nothing is applied.

Without a cluster the policies of the files decide. The namespace has its name as the label
kubernetes.io/metadata.name and a node its name as kubernetes.io/hostname; other labels are yours to give.
With --kube the policies and the labels of the cluster decide, and the policies of the files as if they
were applied. A controller with policy.allowAll in its settings asks no policies. One with builder.use: kaniko
builds with that what names no builder; here such a version counts as one for stream.

Exit code: 0 all are allowed, 1 one is refused, 2 the call or a file is wrong.

Examples:
  stowage policy test -f modelversion.yaml --kube
  stowage policy test -f modelversion.yaml -f policy.yaml -n team-a --node-label disk=nvme
  stowage policy test -f modelversion.yaml --kube | sed -n '/^apiVersion:/,$p' > policy.yaml`;

type Labels = Readonly<Record<string, string>>;

interface TestOptions extends ClusterOptions, OutputOption {
  readonly filename: readonly string[];
  readonly namespaceLabel?: Labels;
  readonly nodeLabel?: Labels;
}

export function register(program: Command): void {
  const policy = program
    .command('policy')
    .summary('explain what StoragePolicies allow')
    .description('Explains what StoragePolicies allow.')
    .helpCommand(false);
  const command = policy
    .command('test')
    .summary('say whether ModelVersions would be allowed, and by which policy')
    .description(
      'Says of each ModelVersion in a file whether a StoragePolicy allows it and what would be mounted, or which policy is missing.',
    )
    .requiredOption('-f, --filename <file>', 'file with declarations; may be given several times', collect)
    .option(
      '--namespace-label <label>',
      'without a cluster: a label that the namespace has; may be given several times',
      parseLabel,
    )
    .option(
      '--node-label <label>',
      'without a cluster: a label that the node has; may be given several times',
      parseLabel,
    )
    .addHelpText('after', HELP);
  addOutput(addCluster(command), ['json', 'yaml']).action(run);
}

function collect(file: string, before: string[] = []): string[] {
  return [...before, file];
}

/** @throws UsageInvalid */
function parseLabel(text: string, before: Labels = {}): Labels {
  const [key = '', ...rest] = text.split('=');
  if (rest.length === 0)
    throw new StowageError(
      'UsageInvalid',
      `found ${JSON.stringify(text)}; expected a label such as disk=nvme`,
    );
  return { ...before, [matching(QUALIFIED_KEY, key)]: matching(LABEL_VALUE, rest.join('=')) };
}

async function run(options: TestOptions): Promise<void> {
  const { output } = options;
  const decisions = await reportingErrors(output, () =>
    asksForCluster(options) ? inCluster(options) : interruptible((signal) => here(options, signal)),
  );
  if (output !== undefined) await printDocument({ decisions }, output);
  else {
    const { decisionText } = await import('./policy-text.ts');
    process.stdout.write(`${decisions.map(decisionText).join('\n\n')}\n`);
  }
  if (decisions.some(({ allowed }) => !allowed)) process.exitCode = EXIT.failed;
}

async function here(options: TestOptions, signal: AbortSignal): Promise<PolicyDecision[]> {
  const [{ versions, policies }, { policyDecision, supposed }] = await Promise.all([
    readFiles(options, signal),
    import('../../cluster/policy-decision.ts'),
  ]);
  const labels = { namespace: options.namespaceLabel ?? {}, node: options.nodeLabel ?? {} };
  return versions.map((version) => {
    const { namespace = DEFAULT_NAMESPACE } = version.metadata;
    return policyDecision(version, { policies, ...supposed(version, namespace, labels) });
  });
}

async function inCluster(options: TestOptions): Promise<PolicyDecision[]> {
  if (options.namespaceLabel !== undefined || options.nodeLabel !== undefined)
    throw new StowageError('UsageInvalid', 'labels are given, and a cluster that has its own', {
      hint: 'Leave --namespace-label and --node-label out, or the cluster.',
    });
  const [{ surroundings }, { policyDecision }] = await Promise.all([
    import('../../cluster/policy-surroundings.ts'),
    import('../../cluster/policy-decision.ts'),
  ]);
  return onCluster(options, async ({ remote, signal }) => {
    const { versions, policies } = await readFiles(options, signal);
    const found = await surroundings(remote, versions, policies, signal);
    return found.flatMap((around, index) => {
      const version = versions[index];
      return version === undefined ? [] : [policyDecision(version, around)];
    });
  });
}

interface Files {
  readonly versions: readonly ModelVersion[];
  readonly policies: readonly StoragePolicy[];
}

async function readFiles({ filename, namespace }: TestOptions, signal: AbortSignal): Promise<Files> {
  const [{ readDeclarations }, { inNamespace }] = await Promise.all([
    import('../../local/read-declarations.ts'),
    import('../../api/in-namespace.ts'),
  ]);
  const read = await readDeclarations(filename, signal, true);
  const all: Declaration[] = namespace === undefined ? read : inNamespace(read, namespace);
  const versions = all.filter((each) => each.kind === 'ModelVersion');
  if (versions.length === 0)
    throw new StowageError('DeclarationInvalid', 'there is no ModelVersion in the files', {
      hint: 'What is decided about is a ModelVersion; StoragePolicies alone say nothing.',
    });
  return { versions, policies: all.filter((each) => each.kind === 'StoragePolicy') };
}
