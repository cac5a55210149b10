/** How much longer a build takes from a server than from the disk of the node. */
import { dirname } from 'node:path';
import { startEfsDriver } from '../../e2e/cluster/efs-driver.ts';
import { create, kubectl } from '../../e2e/cluster/kubectl.ts';
import { startNfsServer } from '../../e2e/cluster/nfs-server.ts';
import { modelFolder, policyFor } from '../../e2e/tests/support/versions.ts';
import { atMost, median, type Outcome } from '../results.ts';
import { buildOne } from './latency.ts';
import { onStage, type Stage } from './stage.ts';

const MEGABYTE = 1024 * 1024;
const FILE_SYSTEM = 'fs-0123456789abcdef0';
/** Seconds, above LocalStorage. */
const MAX_MORE = 1;

/** Builds of 1 MB from LocalStorage, NFS and EFS in turn, `rounds` of each. */
export async function storages(rounds: number): Promise<Outcome> {
  return onStage(async (stage) => {
    const model = await modelFolder({ 'weights.bin': Buffer.alloc(MEGABYTE, 1) });
    const directory = dirname(model.path);
    const nfs = await startNfsServer(stage.cluster, {
      exports: ['/models', `/${FILE_SYSTEM}`].map((path) => ({ path, directory })),
    });
    const driver = await startEfsDriver(efsOf(stage), nfs);
    const controller = await stage.controller();
    try {
      await allow(stage, nfs.address);
      const taken = await inTurn(stage, model.path, nfs.address, rounds);
      return outcomeOf(taken, rounds);
    } finally {
      await controller.stop();
      await driver.remove();
      await nfs.close();
      await model.remove();
    }
  });
}

async function allow({ cluster, namespace }: Stage, server: string): Promise<void> {
  const nfs = [{ servers: [server], pathPrefixes: ['/models'] }];
  const AWSEfs = [{ fileSystemIds: [FILE_SYSTEM] }];
  await kubectl(cluster, ['delete', 'storagepolicy', namespace]);
  await create(cluster, policyFor(cluster, namespace, ['/tmp/stowage-models'], { nfs, AWSEfs }));
}

/** @returns seconds by storage */
async function inTurn(
  stage: Stage,
  path: string,
  server: string,
  rounds: number,
): Promise<Record<'local' | 'nfs' | 'efs', number[]>> {
  const specs = {
    local: {},
    nfs: { storage: { nfs: { server, path: '/models/model' } } },
    efs: { storage: { AWSEfs: { volumeHandle: `${FILE_SYSTEM}:/model` } } },
  };
  const taken = { local: [] as number[], nfs: [] as number[], efs: [] as number[] };
  await buildOne(stage, path, 'first');
  for (let round = 0; round < rounds; round++)
    for (const kind of ['local', 'nfs', 'efs'] as const)
      taken[kind].push(await buildOne(stage, path, `${kind}-${round}`, specs[kind]));
  return taken;
}

function outcomeOf(taken: Record<'local' | 'nfs' | 'efs', number[]>, rounds: number): Outcome {
  const local = median(taken.local);
  return {
    title: `Apply to Ready by storage, ${rounds} builds of 1 MB of each in turn`,
    results: [],
    checks: [
      atMost('LocalStorage, p50', local, 4, 's'),
      atMost('NFS above LocalStorage, p50', median(taken.nfs) - local, MAX_MORE, 's'),
      atMost('EFS above LocalStorage, p50', median(taken.efs) - local, MAX_MORE, 's'),
    ],
  };
}

function efsOf({ cluster }: Stage) {
  const { efs } = cluster;
  if (efs === undefined) throw new Error(cluster.lacking?.['efs'] ?? 'the cluster has no EFS driver');
  return { ...cluster, efs };
}
