import { onTestFinished } from 'vitest';
import { kanikoImage } from '../../cluster/kaniko-image.ts';
import { create, kubectl } from '../../cluster/kubectl.ts';
import type { ApiProxy } from './api-proxy.ts';
import type { ClusterWith } from './cluster.ts';
import { startController, type Controller } from './controller.ts';
import { MODELS_DIRECTORY, policyFor, untilClean } from './versions.ts';

export type KanikoSite = ClusterWith<'registry' | 'node' | 'kaniko'>;

export interface KanikoOptions {
  /** Who builds versions that name no builder. Default: kaniko. */
  readonly use?: 'stream' | 'kaniko';
  /** More of `builder.kaniko`. */
  readonly kaniko?: object;
  /** More settings beside `builder`. */
  readonly settings?: Readonly<Record<string, object>>;
  readonly proxy?: ApiProxy;
}

/** Starts a controller that has Kaniko build. */
export async function startKanikoController(
  cluster: KanikoSite,
  { use = 'kaniko', kaniko = {}, settings = {}, proxy }: KanikoOptions = {},
): Promise<Controller> {
  const image = await kanikoImage(cluster);
  return startController(cluster, {
    settings: { ...settings, builder: { use, kaniko: { image, ...kaniko } } },
    ...(proxy === undefined ? {} : { proxy }),
  });
}

/** Allows both builders in a namespace. After the test nothing may be left of its versions. */
export async function allowKaniko(cluster: KanikoSite, namespace: string, spec: object = {}): Promise<void> {
  const builders = ['stream', 'kaniko'];
  await create(cluster, policyFor(cluster, namespace, [MODELS_DIRECTORY], { builders, ...spec }));
  onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', namespace]).then(() => undefined));
  onTestFinished(async () => {
    await kubectl(cluster, ['delete', 'mv', '--all', '--timeout=60s'], { namespace });
    await untilClean(cluster);
  });
}
