import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { enter } from '../cluster/box.ts';
import { cgroupsOf } from '../cluster/cgroups.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { startNode } from '../cluster/node.ts';
import { processesIn, readNamespace } from '../cluster/proc.ts';
import { nodeUnmet } from '../cluster/requirements.ts';
import { run } from '../cluster/run.ts';
import { sweep } from '../cluster/sweep.ts';
import { until } from '../cluster/until.ts';
import { runPod } from './support/pods.ts';

/** What the kubelet would change of the machine if it could. */
const SETTINGS = ['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops', 'kernel/keys/root_maxkeys'];

const unmet = nodeUnmet();

describe.skipIf(unmet !== undefined)(
  `a cluster of this machine${unmet === undefined ? '' : ` (skipped: ${unmet})`}`,
  () => {
    it('starts beside another, and leaves nothing when it stops', async () => {
      const settings = readSettings();
      const { cluster, stop } = await startNode();
      onTestFinished(stop);
      const traces = tracesOf(cluster);
      await usePod(cluster);

      expect(traces.processes().length).toBeGreaterThan(8);
      expect(traces.cgroups()).not.toEqual([]);
      expect(await traces.link()).toContain(cluster.node?.hostAddress);
      expect(await inside(cluster, ['cat', '/proc/self/mountinfo'])).toContain(traces.directory);
      expect(traces.mounts(), 'on the machine').toEqual([]);
      expect(await inside(cluster, ['nft', 'list', 'tables'])).toContain('kube-proxy');
      expect(await run('nft', ['list', 'tables']), 'on the machine').not.toContain('kube-proxy');
      expect(readSettings()).toEqual(settings);

      await stop();
      await expectNone(traces);
    });

    it('goes when its owner is killed, and a sweep removes what lies on the disk', async () => {
      const { cluster, kill } = await abandonedCluster();
      const traces = tracesOf(cluster);
      await usePod(cluster);
      await kill();
      await until(
        { what: 'the end of the processes', timeoutMs: 20_000 },
        () => traces.processes().length === 0,
      );
      expect(existsSync(traces.directory)).toBe(true);
      expect(await sweep()).toContain(traces.directory);
      await expectNone(traces);
      expect(await sweep(), 'swept already').not.toContain(traces.directory);
    });
  },
);

interface Traces {
  readonly directory: string;
  processes(): number[];
  cgroups(): string[];
  mounts(): string[];
  link(): Promise<string>;
}

/** Where a cluster shows on this machine. */
function tracesOf(cluster: Cluster): Traces {
  const directory = dirname(cluster.kubeconfig);
  const namespace = readNamespace(cluster.node?.init.pid ?? 0) ?? '';
  const address = cluster.node?.hostAddress ?? '';
  return {
    directory,
    processes: () => processesIn(namespace),
    cgroups: () => cgroupsOf(basename(directory)),
    mounts: () =>
      readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .filter((line) => line.includes(directory)),
    link: () => run('ip', ['address', 'show', 'to', address]),
  };
}

async function expectNone(traces: Traces): Promise<void> {
  expect(traces.processes()).toEqual([]);
  expect(traces.cgroups()).toEqual([]);
  expect(traces.mounts()).toEqual([]);
  expect(existsSync(traces.directory)).toBe(false);
  // The kernel takes network namespaces apart in the background.
  await until({ what: 'the end of the link', timeoutMs: 20_000 }, async () => (await traces.link()) === '');
}

/** Runs a command in the node. */
function inside(cluster: Cluster, command: readonly string[]): Promise<string> {
  if (cluster.node === undefined) throw new Error('the node is elsewhere');
  const [program = '', ...args] = [...enter(cluster.node.init), ...command];
  return run(program, args);
}

function readSettings(): string[] {
  return SETTINGS.map((name) => `${name} ${readFileSync(join('/proc/sys', name), 'utf8')}`);
}

/** So that there are containers, mounts and network namespaces to leave behind. */
async function usePod(cluster: Cluster): Promise<void> {
  const pod = { name: 'used', namespace: 'default', image: cluster.busybox ?? '', script: 'echo used' };
  const volumes = [{ name: 'scratch', emptyDir: { medium: 'Memory' } }];
  const end = await runPod(cluster, {
    ...pod,
    volumes,
    mounts: [{ name: 'scratch', mountPath: '/scratch' }],
  });
  expect(end.phase).toBe('Succeeded');
}

/** A cluster whose owner is another process that can be killed. */
async function abandonedCluster(): Promise<{ cluster: Cluster; kill: () => Promise<void> }> {
  const owner = spawn(process.execPath, [join(import.meta.dirname, 'support/keep-cluster.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(owner, 'exit');
  const kill = async (): Promise<void> => {
    owner.kill('SIGKILL');
    await exit;
  };
  onTestFinished(kill);
  const [line] = (await Promise.race([once(createInterface({ input: owner.stdout }), 'line'), exit])) as [
    unknown,
  ];
  return { cluster: JSON.parse(String(line)) as Cluster, kill };
}
