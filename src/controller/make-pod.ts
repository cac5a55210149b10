import { FILES_GATE } from '../api/labels.ts';
import { handedOver } from '../builders/cluster-status.ts';
import type { PersistentVolume, PodSpec } from '../kube/core.ts';
import type { ClusterStorage } from '../storage/kinds.ts';
import { podDraft } from './drafts.ts';
import { namesOf } from './names.ts';
import type { BuildPlace } from './build-of.ts';
import type { Decision, Observed, Setting } from './observed.ts';
import { nodesOfClaim, nodesWith } from './reach.ts';
import { generationOf } from './stage.ts';

/** How soon a new pod is looked at, in milliseconds: no event tells that nothing happens. */
const POD_LOOK_MS = 2_000;

/**
 * The claim is bound, and nothing stands in the way: the pod that builds.
 * @param volume the one that was made, where one is made
 * @throws VolumeLost where the model does not lie on it
 */
export function makePod(
  seen: Observed,
  storage: ClusterStorage,
  volume: PersistentVolume | undefined,
  setting: Setting,
): Decision {
  const { version } = seen;
  const attempt = version.status?.attempts ?? 1;
  const limits = seen.verdict?.allowed === true ? seen.verdict.limits : undefined;
  const place: BuildPlace = {
    ...placeOn(seen, storage, volume),
    maxBytes: limits?.bytes,
    maxSeconds: limits?.seconds,
  };
  const build = setting.buildOf(version);
  const spec = build.podSpec(place);
  const draft = podDraft(version, attempt, build.files() === undefined ? spec : gated(spec));
  const at = { now: setting.now, generation: generationOf(version) };
  return {
    actions: [{ do: 'createPod', draft }],
    status: handedOver(version.status ?? {}, draft.metadata.name, at),
    wait: POD_LOOK_MS,
  };
}

/** The kubelet would wait for a ConfigMap that is not there yet, with growing pauses. */
function gated(spec: PodSpec): PodSpec {
  return { ...spec, schedulingGates: [{ name: FILES_GATE }] };
}

function placeOn(
  { version, driver, claim }: Observed,
  storage: ClusterStorage,
  volume: PersistentVolume | undefined,
): Pick<BuildPlace, 'claimName' | 'claimUid' | 'subPath' | 'directory' | 'nodes'> {
  if (storage.by === 'claim') {
    const { claimName, subPath } = storage;
    // A kubelet makes a subPath that is not there where it may write, as in a directory of a node.
    const where =
      claim?.hostPath === true
        ? { subPath: undefined, directory: subPath }
        : { subPath, directory: undefined };
    const claimUid = claim === undefined || claim.claim === 'missing' ? undefined : claim.claim.metadata.uid;
    return { claimName, claimUid, ...where, nodes: claim && nodesOfClaim(claim) };
  }
  return {
    directory: undefined,
    claimUid: undefined,
    claimName: namesOf(version, version.status?.attempts ?? 1).claim,
    subPath: volume && storage.subPath(volume),
    nodes: driver && nodesWith(driver),
  };
}
