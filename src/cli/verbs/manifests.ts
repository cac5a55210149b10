import { type Command, Option } from 'commander';
import { StowageError } from '../../errors.ts';
import { parseNamespace } from '../kinds.ts';
import { addOutput, type OutputOption, printDocument } from '../output.ts';

const HELP = `
The image is the one that "npm run image" makes in the sources, pushed to a registry that the nodes can pull from. It
holds the controller, the builder and this command line.

Without a StoragePolicy nothing may be built; --allow-all is for trying things out.

Examples:
  stowage manifests --image registry.example.com/stowage:v1 | kubectl apply --server-side -f -
  stowage manifests --image registry.example.com/stowage:v1 --settings settings.yaml > stowage.yaml
  stowage manifests --image registry.example.com/stowage:v1 --allow-all -o json`;

interface ManifestsOptions extends OutputOption {
  readonly image?: string;
  readonly namespace: string;
  readonly replicas: number;
  readonly settings?: string;
  readonly allowAll?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('manifests')
    .summary('print what installs the controller in a cluster')
    .description('Prints the objects that install the controller in a cluster as YAML, ready for kubectl.')
    .addOption(new Option('--image <image>', 'image of the controller and of builders').env('STOWAGE_IMAGE'))
    .addOption(
      new Option('-n, --namespace <name>', 'where the controller runs')
        .argParser(parseNamespace)
        .default('stowage-system'),
    )
    .addOption(
      new Option('--replicas <count>', 'controllers; one leads, the others wait')
        .argParser(parseCount)
        .default(2),
    )
    .option('--settings <file>', 'settings of the controller (docs/settings.md)')
    .option('--allow-all', 'allow everything without any StoragePolicy; for trying things out only')
    .addHelpText('after', HELP);
  addOutput(command, ['json', 'yaml']).action(run);
}

async function run(options: ManifestsOptions): Promise<void> {
  const [{ installation }, { settings, authorities }] = await Promise.all([
    import('../../install/installation.ts'),
    settingsFrom(options, imageOf(options)),
  ]);
  const { namespace, replicas, output } = options;
  const objects = installation({ namespace, replicas, settings, authorities, image: imageOf(options) });
  if (output === 'json') await printDocument({ apiVersion: 'v1', kind: 'List', items: objects }, 'json');
  else process.stdout.write(await streamOf(objects));
}

function imageOf({ image }: ManifestsOptions): string {
  if (image !== undefined && image !== '') return image;
  throw new StowageError('UsageInvalid', 'the image of the controller is missing', {
    hint: '"npm run image" in the sources makes it; push it where the nodes can pull it, then: --image registry.example.com/stowage:v1',
  });
}

async function settingsFrom(
  { settings: file, allowAll }: ManifestsOptions,
  image: string,
): Promise<{ settings: Readonly<Record<string, unknown>>; authorities: string | undefined }> {
  const { loadSettings } = await import('../../controller/load-settings.ts');
  const { declared, authorities } =
    file === undefined
      ? { declared: { builder: { image } }, authorities: undefined }
      : await loadSettings(file, image);
  const policy = allowAll === true ? { policy: { allowAll } } : {};
  return { settings: { ...declared, ...policy }, authorities };
}

async function streamOf(objects: readonly object[]): Promise<string> {
  const { yamlOf } = await import('../../api/crd.ts');
  return objects.map(yamlOf).join('');
}

/** @throws UsageInvalid */
function parseCount(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new StowageError('UsageInvalid', `found ${JSON.stringify(text)}; expected a number from 1 to 999`);
}
