/** Our own builder and Kaniko, each in a pod of the same cluster: the same model, the same registry, in turn. */
import { kanikoImage } from '../../e2e/cluster/kaniko-image.ts';
import { create, kubectl } from '../../e2e/cluster/kubectl.ts';
import { modelFolder, MODELS_DIRECTORY, policyFor } from '../../e2e/tests/support/versions.ts';
import type { BuilderName } from '../../src/api/builder-name.ts';
import { MODELS } from '../paths.ts';
import { run } from '../run.ts';
import { buildVersion, type Build } from './build-version.ts';
import { outcomeOf, sizeOf, type BuildersOutcome, type Change, type Measured } from './builders-outcome.ts';
import { changedModel, type ChangedModel } from './changed-model.ts';
import { buildAsKubedl, type KubedlPod } from './kubedl-pod.ts';
import { onStage, type Stage } from './stage.ts';

const BUILDERS: readonly BuilderName[] = ['stream', 'kaniko'];
const SHARDS = 8;

interface Contender {
  readonly name: string;
  readonly how: string;
  readonly builder: BuilderName | 'kubedl';
}

const CONTENDERS: readonly Contender[] = [
  { name: 'Stowage', how: 'spec.builder: stream, from apply to Ready', builder: 'stream' },
  { name: 'Kaniko', how: 'spec.builder: kaniko, from apply to Ready', builder: 'kaniko' },
  {
    name: 'KubeDL',
    how: "Kaniko in a pod with KubeDL's arguments and no limits, from its creation to its end",
    builder: 'kubedl',
  },
];

interface Course {
  /** Of Kaniko. */
  readonly image: string;
  readonly model: ChangedModel;
  readonly rounds: number;
}

const MEGABYTE = 1e6;

/** `gib` GiB in 8 shards, with the small files beside them, on the node's disk. */
export async function builders(gib: number, rounds: number): Promise<BuildersOutcome> {
  return onStage(async (stage) => {
    const image = await kanikoImage({ ...stage.cluster, kaniko: kanikoOf(stage) });
    await allowBoth(stage);
    const model = await changedModel(gib, SHARDS);
    const controller = await stage.controller({ builder: { kaniko: { image } } });
    try {
      await pullImages(stage);
      const measured = await inTurn(stage, { image, model, rounds });
      return outcomeOf(measured, model, `${gib} GiB in ${SHARDS} shards, median of ${rounds} rounds`);
    } finally {
      await controller.stop();
      await model.remove();
    }
  });
}

async function allowBoth({ cluster, namespace }: Stage): Promise<void> {
  const prefixes = [MODELS_DIRECTORY, MODELS.replace(/\/$/, '')];
  await kubectl(cluster, ['delete', 'storagepolicy', namespace]);
  await create(cluster, policyFor(cluster, namespace, prefixes, { builders: BUILDERS }));
}

/** The node has them from then on, as it has for all builds but the first of its life. */
async function pullImages(stage: Stage): Promise<void> {
  const model = await modelFolder();
  for (const builder of BUILDERS)
    await buildVersion(stage, { builder, path: model.path, name: `first-${builder}` });
  await model.remove();
}

/** One build of each after the other, again and again, and then those of the changed model. */
async function inTurn(stage: Stage, { image, model, rounds }: Course): Promise<Measured[]> {
  const builds = new Map<Contender, Build[]>(CONTENDERS.map((each) => [each, []]));
  // The source lies in the page cache for all.
  await run(['sh', '-c', 'cat "$1"/* "$2"/* >/dev/null', 'sh', model.before, model.after]);
  for (let round = 1; round <= rounds; round += 1)
    for (const [each, done] of builds) {
      const made = { image, path: model.before, name: `${each.builder}-${round}` };
      const build = await quietly(`round ${round}: ${each.name}`, () => buildBy(each, stage, made));
      done.push(build);
    }
  const measured: Measured[] = [];
  for (const [{ name, how, builder }, done] of builds) {
    const last = done.at(-1);
    const changes = builder !== 'kubedl' && last && { builder, before: `${builder}-${rounds}`, build: last };
    const changed = changes ? await changedBuilds(stage, model, changes) : undefined;
    measured.push({ name, how, builds: done, ...(changed === undefined ? {} : { changed }) });
  }
  return measured;
}

function buildBy({ builder }: Contender, stage: Stage, made: KubedlPod): Promise<Build> {
  const { path, name } = made;
  return builder === 'kubedl' ? buildAsKubedl(stage, made) : buildVersion(stage, { builder, path, name });
}

/** What the build before left to be written must not be written on this one's time. */
async function quietly(what: string, work: () => Promise<Build>): Promise<Build> {
  await run(['sync']);
  const build = await work();
  process.stderr.write(`${what}: ${described(build)}\n`);
  return build;
}

interface Changes {
  readonly builder: BuilderName;
  /** The version whose image there was, and its build. */
  readonly before: string;
  readonly build: Build;
}

async function changedBuilds(
  stage: Stage,
  { after: path }: ChangedModel,
  { builder, before, build }: Changes,
): Promise<NonNullable<Measured['changed']>> {
  const known = new Set(build.blobs.map(({ digest }) => digest));
  const again = async (name: string, spec: object): Promise<Change> => {
    const wanted = { builder, path, name, repository: before, spec };
    const made = await quietly(`a shard changed, ${name}`, () => buildVersion(stage, wanted));
    const added = sizeOf(made.blobs.filter(({ digest }) => !known.has(digest)));
    return { seconds: made.seconds, sent: made.usage.sent, added };
  };
  // The same tag first: the registry must not have the changed shard yet.
  const sameTag = await again(`${builder}-same-tag`, { imageTag: before, overwrite: true });
  return { sameTag, newTag: await again(`${builder}-new-tag`, {}) };
}

function described({ seconds, usage, blobs }: Build): string {
  const megabytes = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(1)} MB`;
  return [
    `${seconds.toFixed(2)} s`,
    `${megabytes(usage.peakBytes)} memory (working set ${megabytes(usage.workingSet)})`,
    `${usage.cpuSeconds.toFixed(1)} CPU s`,
    `${megabytes(usage.written)} written`,
    `${megabytes(usage.sent)} sent`,
    `image ${megabytes(sizeOf(blobs))} in ${blobs.length - 1} layers`,
  ].join(', ');
}

function kanikoOf({ cluster }: Stage): string {
  if (cluster.kaniko !== undefined) return cluster.kaniko;
  throw new Error(`no Kaniko: ${cluster.lacking?.['kaniko'] ?? 'its executor was not found'}`);
}
