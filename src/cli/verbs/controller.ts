import { type Command } from 'commander';
import { HTTP_PORT } from '../../api/installation.ts';
import { StowageError } from '../../errors.ts';
import { interruptible } from '../interrupt.ts';

const HELP = `
It follows the cluster and turns ModelVersions into images. Several may run: one leads, the others stand by.
It is installed with: stowage manifests --image IMAGE | kubectl apply --server-side -f -

It answers /healthz, /readyz and /metrics on its port, and logs a JSON document per line to stdout.

Example, outside of the cluster:
  stowage controller --settings settings.yaml --kubeconfig ~/.kube/config --listen 127.0.0.1:8080`;

interface Options {
  readonly settings: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly leaseNamespace?: string;
  readonly identity?: string;
  readonly listen: string;
}

export function register(program: Command): void {
  program
    .command('controller')
    .summary('run the controller of a Kubernetes cluster')
    .description(
      'Runs the controller that builds the ModelVersions of a Kubernetes cluster, until it is told to stop.',
    )
    .requiredOption('--settings <file>', 'YAML file with the settings; docs/settings.md has every field')
    .option('--kubeconfig <file>', 'kubeconfig to use (default: that of the pod, or as kubectl finds it)')
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .option('--lease-namespace <name>', 'where the Lease is that says who leads (default: its own namespace)')
    .option('--identity <name>', 'name by which it leads (default: POD_NAME, else one that is made up)')
    .option(
      '--listen <[host]:port>',
      'where it answers probes and scrapes; without a host, at all addresses',
      `:${HTTP_PORT}`,
    )
    .addHelpText('after', HELP)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { host, port } = parseListen(options.listen);
  const [{ runController }, { jsonLog }, { ownVersion }] = await Promise.all([
    import('../../controller/run.ts'),
    import('../../telemetry/log.ts'),
    import('../own-version.ts'),
  ]);
  const call = {
    settingsFile: options.settings,
    kubeconfig: options.kubeconfig,
    context: options.context,
    leaseNamespace: options.leaseNamespace,
    identity: options.identity,
    ...{ host, port, userAgent: `stowage-controller/${await ownVersion()}` },
  };
  await interruptible((signal) => runController(call, jsonLog(), signal));
}

/** @throws UsageInvalid */
function parseListen(text: string): { readonly host: string | undefined; readonly port: number } {
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (port !== '' && Number(port) <= 65_535)
    return { host: bare === '' ? undefined : bare, port: Number(port) };
  throw new StowageError(
    'UsageInvalid',
    `found ${JSON.stringify(text)}; expected [host]:port, such as :8080 or 127.0.0.1:8080`,
  );
}
