import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { NODE_OPTIONS } from '../../../src/api/installation.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { kubectl } from '../../cluster/kubectl.ts';
import { stowageImage } from '../../cluster/stowage-image.ts';
import { until } from '../../cluster/until.ts';
import type { ApiProxy } from './api-proxy.ts';
import type { ClusterWith } from './cluster.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'src/cli/main.ts');
const START_MS = 30_000;
const STOP_MS = 30_000;

export interface ControllerOptions {
  /** More settings than those that every test needs. */
  readonly settings?: Readonly<Record<string, object>>;
  /** Stands between the controller and the API server. */
  readonly proxy?: ApiProxy;
  /** The program: default the sources, which need no bundle. */
  readonly main?: string;
}

/** A controller that runs as a process of this machine, as an administrator of the cluster. */
export interface Controller {
  /** What it has logged: a JSON document per line. */
  readonly log: readonly string[];
  /** Asks it to end, and waits until it has. @returns its exit code */
  stop(): Promise<number | null>;
  /** Ends it with no chance to do anything more. */
  kill(): void;
  /** Whether it has ended. */
  ended(): boolean;
  readonly pid: number;
  /** `http://host:port` of its health and metrics. */
  readonly address: string;
}

/** Applies our CRDs. */
export async function applyCrds(cluster: Cluster): Promise<void> {
  await kubectl(cluster, ['apply', '--server-side', '--force-conflicts', '-f', join(ROOT, 'deploy/crds')]);
  await kubectl(cluster, ['wait', '--for=condition=Established', 'crd', '--all']);
}

/** Starts one, and comes back when it leads. One of the same identity goes on at once where one was killed. */
export async function startController(
  cluster: ClusterWith<'registry'>,
  { settings = {}, proxy, main = MAIN }: ControllerOptions = {},
): Promise<Controller> {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-controller-'));
  const file = join(directory, 'settings.yaml');
  const kubeconfig = proxy === undefined ? cluster.kubeconfig : join(directory, 'kubeconfig');
  await proxy?.kubeconfig(kubeconfig);
  await writeFile(file, JSON.stringify(await settingsFor(cluster, settings))); // JSON is YAML
  const args = ['controller', '--settings', file, '--kubeconfig', kubeconfig];
  const identity = [
    '--identity',
    `e2e-${process.pid}`,
    '--listen',
    '127.0.0.1:0',
    '--lease-namespace',
    'default',
  ];
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, ...args, ...identity],
    {
      env: { ...process.env, NODE_OPTIONS },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => log.push(line));
  child.once('exit', () => void rm(directory, { recursive: true, force: true }));
  const said = (message: string) => log.find((line) => line.includes(`"msg":"${message}"`));
  await until({ what: 'a controller that leads', timeoutMs: START_MS }, () => {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`it has ended:\n${log.join('\n')}`);
    return said('leading') !== undefined;
  });
  const { address } = JSON.parse(said('listening') ?? '{}') as { address: string };
  return {
    log,
    address: `http://${address}`,
    pid: child.pid ?? 0,
    ended: () => child.exitCode !== null || child.signalCode !== null,
    kill: () => void child.kill('SIGKILL'),
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const end = once(child, 'exit', { signal: AbortSignal.timeout(STOP_MS) });
  child.kill('SIGTERM');
  await end;
  return child.exitCode;
}

async function settingsFor(
  cluster: ClusterWith<'registry'>,
  settings: Readonly<Record<string, object>>,
): Promise<object> {
  const { registry } = cluster;
  return {
    ...settings,
    builder: { image: await stowageImage(cluster), ...settings['builder'] },
    registries: { plainHttp: registry.plainHttp ? [registry.host] : [], ...settings['registries'] },
  };
}
