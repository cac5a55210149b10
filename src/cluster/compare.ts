import type { ModelVersion } from '../api/modelversion.ts';
import { MODELS, MODEL_VERSIONS } from '../api/resources.ts';
import { asStowageError, StowageError } from '../errors.ts';
import { unlessNotFound } from '../kube/reads.ts';
import type { Resource } from '../kube/resource.ts';
import type { Descriptor } from '../oci/manifest.ts';
import { openPlace, type OpenOptions } from '../pack/open-target.ts';
import { readPrevious } from '../pack/previous.ts';
import { applyToCluster } from './apply.ts';
import type { BuildContext } from './await-build.ts';
import { candidatesOf, type Candidate } from './compare-candidates.ts';
import type { Measured } from './comparison.ts';
import type { Remote } from './connect.ts';
import type { ClusterOutcome } from './outcome.ts';
import { watchMemory } from './pod-memory.ts';

export interface CompareContext extends BuildContext {
  /** How this machine reaches the registry. */
  readonly open: OpenOptions;
  /** Tells runs apart: letters and digits. */
  readonly run: string;
  /** Whether the versions stay. */
  readonly keep: boolean;
}

/** Milliseconds to remove what was made, also when the user has interrupted. */
const REMOVAL_MS = 10_000;

/**
 * Builds a version with each builder, one after the other, and looks at what became of it. A build that fails is one of
 * the results. The images stay in the registry; what was made in the cluster goes, unless it is to be kept.
 * @throws KubeError, ClusterUnreachable; what the signal was aborted with
 */
export async function compare(version: ModelVersion, context: CompareContext): Promise<Measured[]> {
  const { remote, run, keep } = context;
  const candidates = candidatesOf(version, run);
  const measured: Measured[] = [];
  try {
    for (const candidate of candidates)
      measured.push(await measure(candidate, context).catch(noTimeFor(candidate, context)));
    return measured;
  } finally {
    if (!keep) await removeAll(remote, candidates, context.display);
  }
}

/** When time is up, what was measured by then is worth showing. */
function noTimeFor({ builder, version }: Candidate, { remote, signal }: CompareContext) {
  return (thrown: unknown): Measured => {
    if (!(thrown instanceof StowageError) || thrown.code !== 'Timeout' || thrown !== signal.reason)
      throw thrown;
    const { name, namespace = remote.namespace } = version.metadata;
    const outcome: ClusterOutcome = {
      kind: 'ModelVersion',
      namespace,
      name,
      result: 'failed',
      error: thrown,
    };
    return { builder, outcome, memory: thrown.message, layers: [] };
  };
}

async function measure({ builder, version }: Candidate, context: CompareContext): Promise<Measured> {
  const { remote, open, signal } = context;
  const { name, namespace = remote.namespace } = version.metadata;
  const watched = watchMemory(remote, { namespace, name });
  try {
    const [outcome] = await applyToCluster([version], { ...context, wait: true });
    if (outcome === undefined) throw new StowageError('Internal', 'a version was applied and none came back');
    signal.throwIfAborted();
    const memory = await watched.end();
    return { builder, outcome, memory, layers: await layersOf(outcome, open, signal) };
  } finally {
    await watched.end();
  }
}

function notThere(image: string): StowageError {
  return new StowageError('RegistryNotFound', `the registry has no image ${image}`);
}

/** Asked of the registry, with the credentials of whoever compares. */
async function layersOf(
  { version }: ClusterOutcome,
  open: OpenOptions,
  signal: AbortSignal,
): Promise<readonly Descriptor[] | StowageError> {
  const { image } = version?.status ?? {};
  if (image === undefined) return [];
  try {
    const place = await openPlace(image, { ...open, access: 'pull' });
    try {
      const { layers = [] } = (await readPrevious(place.target, place.tag, signal)) ?? {};
      return layers.length > 0 ? layers : notThere(image);
    } finally {
      await place.target.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    return asStowageError(error);
  }
}

interface Made {
  readonly resource: Resource;
  readonly key: { readonly namespace: string; readonly name: string };
}

/** The Model goes last: it takes along what it still owns. What cannot be removed is no reason to lose the comparison. */
async function removeAll(
  { api, namespace: here }: Remote,
  candidates: readonly Candidate[],
  display: CompareContext['display'],
): Promise<void> {
  const signal = AbortSignal.timeout(REMOVAL_MS);
  const versions = candidates.map(({ version: { metadata } }): Made => {
    const { namespace = here, name } = metadata;
    return { resource: MODEL_VERSIONS, key: { namespace, name } };
  });
  const models = candidates.slice(0, 1).map(({ version: { metadata, spec } }): Made => {
    const { namespace = here } = metadata;
    return { resource: MODELS, key: { namespace, name: spec.modelName } };
  });
  for (const { resource, key } of [...versions, ...models])
    await unlessNotFound(api.delete(resource, key, { signal })).catch((error: unknown) =>
      display.trouble(asStowageError(error)),
    );
}
