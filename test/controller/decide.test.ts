import { describe, expect, it } from 'vitest';
import { FINALIZER, REQUESTS } from '../../src/api/labels.ts';
import { decide } from '../../src/controller/decide.ts';
import type { Decision, Observed, Setting } from '../../src/controller/observed.ts';
import { StowageError } from '../../src/errors.ts';
import {
  ago,
  ALLOWED,
  BUILD,
  BUILDING,
  claim,
  DIGEST,
  model,
  namespace,
  node,
  NOW,
  pod,
  PREPARED,
  seen,
  setting,
  short,
  version,
  volume,
} from './support.ts';

type Done = Extract<Decision, { actions: unknown }>;

function step(parts: Partial<Observed>): Done {
  const decision = decide(seen(parts), setting);
  if ('look' in decision) throw new Error(`it looks at ${decision.look}`);
  return decision;
}

function condition(decision: Done, name: string) {
  return decision.status?.conditions?.find(({ type }) => type === name);
}

const fresh = version();
const prepared = version({ metadata: PREPARED });
const asked = { node: node(), verdict: ALLOWED, turn: { granted: true } as const };
const building = version({ metadata: PREPARED, status: BUILDING });
const handed = version({
  metadata: PREPARED,
  status: { ...BUILDING, builderPod: 'stowage-bert-v3-0b5d1f6e-1' },
});
const bound = { volumes: [volume('Bound')], claims: [claim('Bound')] };
const KUBEDL = { image: 'x:y', finishTime: ago(1) };
const DENIED = { allowed: false, message: 'no', hint: 'policy' } as const;

describe('a version that was just made', () => {
  const cases: [string, Partial<Observed>, unknown][] = [
    ['asks for its node', {}, 'look node'],
    ['asks whether it may', { node: node() }, 'look verdict'],
    ['asks for its turn', { node: node(), verdict: ALLOWED }, 'look turn'],
    ['gets its Model made', { ...asked, model: undefined }, ['createModel']],
    ['looks whether its Model is still there', asked, 'look model'],
    ['gets owner, label and finalizer', { ...asked, modelIsLive: true }, ['patchVersion']],
    ['begins', { ...asked, version: prepared }, ['Building']],
    ['waits for a turn', { ...asked, turn: { granted: false, position: 4 } }, ['Queued']],
    ['is refused without a policy', { node: node(), verdict: DENIED }, ['PolicyDenied']],
    ['fails an attempt without its node', { node: 'missing' }, ['NodeNotFound']],
    ['fails an attempt where its node is down', { node: node('False') }, ['NodeNotReady']],
    ['is held back', { version: version({ spec: { suspend: true } }) }, ['Suspended']],
    [
      'waits for a Model that goes, and takes no turn',
      {
        ...{ node: node(), verdict: ALLOWED },
        model: { ...model, metadata: { ...model.metadata, deletionTimestamp: ago(1) } },
      },
      ['ModelTerminating'],
    ],
    ['waits for its namespace to be known', { namespace: undefined }, []],
    [
      'waits in a namespace that goes',
      { namespace: { ...namespace, metadata: { ...namespace.metadata, deletionTimestamp: ago(1) } } },
      ['NamespaceTerminating'],
    ],
    [
      'is refused without a node name',
      { version: version({ spec: { storage: { localStorage: { path: '/data' } } } }) },
      ['DeclarationInvalid'],
    ],
    [
      'lies on no node where every node reaches it',
      { version: version({ spec: { storage: { nfs: { server: 'nfs', path: '/x' } } } }) },
      'look verdict',
    ],
    [
      'is refused without a spec, as KubeDL let in',
      { version: { ...version(), spec: undefined as never } },
      ['DeclarationInvalid'],
    ],
    [
      'is refused with what KubeDL let in',
      { version: version({ spec: { storage: {} } }) },
      ['DeclarationInvalid'],
    ],
  ];
  it.each(cases)('%s', (_, parts, expected) => {
    expect(short(decide(seen({ version: fresh, ...parts }), setting))).toEqual(expected);
  });

  it('says where it stands in the queue', () => {
    const decision = step({ ...asked, turn: { granted: false, position: 4 } });
    expect(decision.status).toMatchObject({ queuePosition: 4, message: '4 builds come first' });
    expect(condition(decision, 'Reconciling')?.status).toBe('True');
  });

  it.each([
    [4, 4, false],
    [100, 90, false],
    [100, 26, false],
    [100, 25, true],
    [4, 3, true],
    [1, 0, true],
    [2, 5, true],
  ])('that was told %i is told %i: %s', (told, position, news) => {
    const queued = version({ status: { queuePosition: told } });
    const decision = step({ ...asked, version: queued, turn: { granted: false, position } });
    expect(decision.status !== undefined).toBe(news);
  });

  it('is stalled by a refusal, and no attempt is counted', () => {
    const decision = step({ node: node(), verdict: DENIED });
    expect(condition(decision, 'Stalled')).toMatchObject({ status: 'True', message: 'no. policy' });
    expect(decision.status?.attempts).toBeUndefined();
    expect(decision.status?.imageBuildPhase).toBeUndefined();
    expect(decision.leave).toBe(true);
  });
});

describe('an attempt', () => {
  const cases: [string, Partial<Observed>, unknown][] = [
    ['asks for the node', {}, 'look node'],
    ['asks for the prefix', { node: node() }, 'look verdict'],
    ['makes the volume', asked, ['createVolume']],
    ['waits for the volume', { owned: { volumes: [volume('Pending')], claims: [], pods: [] } }, []],
    ['makes the claim', { owned: { volumes: [volume('Available')], claims: [], pods: [] } }, ['createClaim']],
    [
      'waits for the claim',
      { owned: { volumes: [volume('Available')], claims: [claim('Pending')], pods: [] } },
      [],
    ],
    ['asks again before the pod', { owned: { ...bound, pods: [] } }, 'look node'],
    ['makes the pod', { ...asked, owned: { ...bound, pods: [] } }, ['createPod']],
    [
      'makes no pod on a volume that the policy would not have made',
      {
        ...asked,
        verdict: { ...ALLOWED, prefix: '/data/bert' },
        owned: { ...bound, pods: [] },
      },
      ['VolumeLost'],
    ],
    [
      'makes no pod on a claim for another volume',
      {
        ...asked,
        owned: {
          volumes: [volume('Bound')],
          claims: [{ ...claim('Bound'), spec: { ...claim('Bound').spec, volumeName: 'other' } }],
          pods: [],
        },
        live: true,
      },
      ['VolumeLost'],
    ],
    [
      'makes no pod where the policy has gone meanwhile',
      { node: node(), verdict: DENIED, owned: { ...bound, pods: [] } },
      ['PolicyDenied'],
    ],
    [
      'doubts that the volume is gone',
      { owned: { volumes: [], claims: [claim('Bound')], pods: [] } },
      'look live',
    ],
    [
      'fails when the volume is gone',
      { owned: { volumes: [], claims: [claim('Bound')], pods: [] }, live: true },
      ['VolumeLost'],
    ],
    [
      'fails when the volume was released',
      { owned: { volumes: [volume('Released')], claims: [], pods: [] }, live: true },
      ['VolumeLost'],
    ],
    [
      'fails when the claim is lost',
      { owned: { volumes: [volume('Bound')], claims: [claim('Lost')], pods: [] }, live: true },
      ['VolumeLost'],
    ],
    ['doubts that the pod is gone', { version: handed, owned: { ...bound, pods: [] } }, 'look live'],
    [
      'fails when the pod is gone',
      { version: handed, owned: { ...bound, pods: [] }, live: true },
      ['PodLost'],
    ],
    [
      'removes what an earlier one has left',
      {
        ...asked,
        version: version({ metadata: PREPARED, status: { ...BUILDING, attempts: 2 } }),
        owned: { volumes: [volume('Bound')], claims: [claim('Bound')], pods: [pod({ phase: 'Failed' })] },
      },
      ['deletePod', 'deleteClaim', 'deleteVolume', 'createVolume'],
    ],
    ['fails when it may no more', { node: node(), verdict: DENIED }, ['PolicyDenied']],
  ];
  it.each(cases)('%s', (_, parts, expected) => {
    expect(short(decide(seen({ version: building, ...parts }), setting))).toEqual(expected);
  });

  it('mounts what lies below the prefix', () => {
    const decision = step({ version: building, ...asked, owned: { ...bound, pods: [] } });
    expect(decision.actions[0]).toMatchObject({ draft: { spec: { subPath: 'bert' } } });
    expect(decision.status?.builderPod).toBe('stowage-bert-v3-0b5d1f6e-1');
    expect(condition(decision, 'StorageReady')?.status).toBe('True');
  });

  it('makes a volume that nobody can write to and no other claim can have', () => {
    const [action] = step({ version: building, ...asked }).actions;
    expect(action).toMatchObject({
      draft: {
        metadata: { name: `stowage-team-a-bert-v3-${building.metadata.uid}-1` },
        spec: {
          mountOptions: ['ro'],
          accessModes: ['ReadOnlyMany'],
          persistentVolumeReclaimPolicy: 'Retain',
          storageClassName: '',
          claimRef: { namespace: 'team-a', name: 'stowage-bert-v3-0b5d1f6e-1' },
          local: { path: '/data' },
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['host-7'] }] },
              ],
            },
          },
        },
      },
    });
  });

  it('gives the volume up after its deadline', () => {
    const late = version({ metadata: PREPARED, status: { ...BUILDING, startTime: ago(121) } });
    const owned = { volumes: [volume('Available')], claims: [claim('Pending')], pods: [] };
    expect(short(decide(seen({ version: late, owned }), setting))).toEqual(['ClaimUnbound']);
  });
});

describe('a builder pod', () => {
  const trouble = (retryable: boolean) => new StowageError('MountFailed', 'no', { retryable });
  const pending = (seconds: number) => pod({ phase: 'Pending' }, { creationTimestamp: ago(seconds) });
  const waitingFor = (reason: string, message = '') =>
    pod({
      phase: 'Pending',
      containerStatuses: [{ name: 'builder', state: { waiting: { reason, message } } }],
    });
  const runningSince = (seconds: number) =>
    pod({
      phase: 'Running',
      containerStatuses: [{ name: 'builder', state: { running: { startedAt: ago(seconds) } } }],
    });
  const cases: [string, ReturnType<typeof pod>, Partial<Observed>, unknown][] = [
    ['that is new is waited for', pending(1), {}, []],
    ['that does not start is asked about', pending(3), {}, 'look trouble'],
    ['that does not start without a reason is waited for', pending(3), { trouble: null }, []],
    ['that does not start for a reason says it', pending(3), { trouble: trouble(true) }, ['MountFailed']],
    ['that cannot start fails', pending(3), { trouble: trouble(false) }, ['MountFailed']],
    ['that does not start fails in the end', pending(601), { trouble: null }, ['Timeout']],
    [
      'that does not start fails in the end for its reason',
      pending(601),
      { trouble: trouble(true) },
      ['MountFailed'],
    ],
    ['whose image is not there says so', waitingFor('ErrImagePull', 'x'), {}, ['BuilderImageUnavailable']],
    [
      'whose path is not there fails',
      waitingFor(
        'CreateContainerConfigError',
        'failed to create subPath directory for volumeMount "model" of container "builder"',
      ),
      {},
      ['PathNotFound'],
    ],
    [
      'that lost its volume is doubted',
      pending(1),
      { owned: { volumes: [], claims: [claim('Lost')], pods: [pending(1)] } },
      'look live',
    ],
    [
      'that lost its volume fails',
      pending(1),
      { owned: { volumes: [], claims: [claim('Lost')], pods: [pending(1)] }, live: true },
      ['VolumeLost'],
    ],
    ['that has just begun is let be', runningSince(1), {}, ['Building']],
    ['that runs is asked how far it is', runningSince(3), {}, 'look progress'],
    ['that runs is shown', runningSince(3), { progress: { bytes: 1, total: 2 } }, ['Building']],
    ['that runs for too long fails', runningSince(86_400 + 121), {}, ['Timeout']],
    ['that has ended is read', pod({ phase: 'Succeeded' }), {}, ['Succeeded']],
    [
      'that is deleted is waited for',
      pod({ phase: 'Running' }, { deletionTimestamp: ago(1) }),
      {},
      ['PodLost'],
    ],
    [
      'that is deleted and does not go fails',
      pod({ phase: 'Running' }, { deletionTimestamp: ago(61) }),
      {},
      ['NodeLost'],
    ],
  ];
  it.each(cases)('%s', (_, builder, parts, expected) => {
    const owned = { ...bound, pods: [builder] };
    expect(short(decide(seen({ version: handed, owned, ...parts }), setting))).toEqual(expected);
  });

  it('tells its progress', () => {
    const owned = { ...bound, pods: [runningSince(3)] };
    const progress = { bytes: 1, total: 2, rate: 3, eta: 4 };
    expect(step({ version: handed, owned, progress }).status?.progress).toEqual(progress);
  });

  const upload = { key: 'a'.repeat(32), location: 'https://r.example.com/v2/team-a/bert/blobs/uploads/1' };

  it('tells what it has under way, which stays known until it says otherwise', () => {
    const owned = { ...bound, pods: [runningSince(3)] };
    const progress = { bytes: 1, total: 2 };
    const told = step({ version: handed, owned, progress, uploads: [upload] }).status;
    expect(told?.uploads).toEqual([upload]);
    const later = { ...handed, status: told ?? {} };
    expect(step({ version: later, owned, progress, uploads: undefined }).status?.uploads).toEqual([upload]);
    expect(step({ version: later, owned, progress, uploads: [] }).status).not.toHaveProperty('uploads');
  });

  it('that fails leaves its uploads to the next attempt, whose pod gets them', () => {
    const failing: Setting = {
      ...setting,
      buildOf: () => ({
        ...BUILD,
        result: () => ({ ok: false, error: new StowageError('PodLost', 'gone', { retryable: true }) }),
        uploads: (log) => (log === '' ? undefined : [upload]),
      }),
    };
    const owned = { ...bound, pods: [pod({ phase: 'Failed' })] };
    const ended = { version: handed, owned };
    expect(decide(seen(ended), failing)).toEqual({ look: 'log' });
    const failed = decide(seen({ ...ended, log: 'some' }), failing);
    expect(failed).toMatchObject({ status: { failures: 1, uploads: [upload] } });
    const told = { ...handed, status: { ...handed.status, uploads: [upload] } };
    const silent = decide(seen({ ...ended, version: told, log: '' }), failing);
    expect(silent).toMatchObject({ status: { uploads: [upload] } });
  });

  it('that has ended well makes the version Ready, and its turn is another’s', () => {
    const decision = step({ version: handed, owned: { ...bound, pods: [pod({ phase: 'Succeeded' })] } });
    expect(decision).toMatchObject({ leave: true, actions: [] });
    expect(decision.status).toMatchObject({
      imageBuildPhase: 'ImageBuildSucceeded',
      digest: DIGEST,
      finishTime: NOW.toISOString().replace('.000', ''),
    });
    expect(condition(decision, 'Ready')?.status).toBe('True');
    expect(condition(decision, 'Pushed')?.status).toBe('True');
    expect(decision.status?.builderPod).toBeUndefined();
  });

  it('that the controller made and did not write of is taken over', () => {
    const owned = { ...bound, pods: [runningSince(1)] };
    expect(step({ version: building, owned }).status?.builderPod).toBe(handed.status?.builderPod);
  });
});

describe('a failed attempt', () => {
  const failing = (failures: number, error: StowageError) => {
    const broken = {
      ...setting,
      buildOf: () => ({ ...BUILD, result: () => ({ ok: false, error }) as const }),
    };
    const status = { ...BUILDING, attempts: failures + 1, failures, builderPod: 'x' };
    const made = seen({
      version: version({ metadata: PREPARED, status }),
      owned: { ...bound, pods: [pod({ phase: 'Failed' }, {}, failures + 1)] },
    });
    const decision = decide(made, broken);
    if ('look' in decision) throw new Error('it looks');
    return decision;
  };
  const passing = new StowageError('RegistryUnreachable', 'down', { retryable: true });

  it.each([
    [0, 10],
    [1, 20],
    [4, 160],
    [6, 600],
  ])('after %i others is followed by another after %i s', (failures, seconds) => {
    const decision = failing(failures, passing);
    expect(decision.status).toMatchObject({ failures: failures + 1, imageBuildPhase: 'ImageBuilding' });
    expect(decision.status?.retryTime).toBe(ago(-seconds));
    expect(condition(decision, 'Ready')?.reason).toBe('RegistryUnreachable');
    expect(condition(decision, 'Stalled')?.status).toBe('False');
    expect(decision).toMatchObject({ wait: seconds * 1000, leave: true });
  });

  it.each([
    ['the last of those allowed', 7, passing],
    ['one that cannot succeed later', 0, new StowageError('TagExists', 'taken')],
  ])('is the end after %s', (_, failures, error) => {
    const decision = failing(failures, error);
    expect(decision.status?.imageBuildPhase).toBe('ImageBuildFailed');
    expect(decision.status?.finishTime).toBeDefined();
    expect(condition(decision, 'Stalled')?.status).toBe('True');
  });

  it('waits as long as the other side asked', () => {
    const error = new StowageError('RegistryQuota', 'slow down', { retryable: true, retryAfter: 90_000 });
    expect(failing(0, error).wait).toBe(90_000);
  });

  const retryTime = (seconds: number) =>
    version({ metadata: PREPARED, status: { ...BUILDING, failures: 1, retryTime: ago(-seconds) } });

  it('is cleaned up after while the next is waited for', () => {
    const owned = { ...bound, pods: [pod({ phase: 'Failed' })] };
    const decision = step({ version: retryTime(30), owned });
    expect(short(decision)).toEqual(['deletePod', 'deleteClaim', 'deleteVolume']);
  });

  it('whose claim somebody else has mounted says so', () => {
    const owned = { volumes: [], claims: [claim('Bound', { deletionTimestamp: ago(21) })], pods: [] };
    expect(short(step({ version: retryTime(0), owned }))).toEqual(['ClaimInUse']);
    expect(short(step({ version: retryTime(30), owned }))).toEqual([]);
  });

  it('waits for its turn without being taken for one that runs', () => {
    const turn = { granted: false, position: 1 } as const;
    const { status } = step({ version: retryTime(0), ...asked, turn });
    expect(status?.imageBuildPhase).toBeUndefined();
    expect(short(step({ version: version({ metadata: PREPARED, status: status! }), ...asked }))).toEqual([
      'Building',
    ]);
  });

  it('is followed by the next when its time has come, under another name', () => {
    expect(step({ version: retryTime(30) })).toMatchObject({ actions: [], wait: 30_000 });
    const decision = step({ version: retryTime(0), ...asked });
    expect(decision.status).toMatchObject({ attempts: 2, failures: 1, startTime: ago(0) });
    expect(decision.status?.retryTime).toBeUndefined();
  });

  it('is followed by the next at once when somebody asks for it', () => {
    const waiting = retryTime(30);
    const metadata = { ...waiting.metadata, annotations: { [REQUESTS.retry]: 'now' } };
    const decision = step({ version: { ...waiting, metadata }, ...asked });
    expect(decision.status).toMatchObject({ attempts: 2, failures: 0, lastHandledRetry: 'now' });
  });
});

describe('a version that has ended', () => {
  const ended = (phase: 'ImageBuildSucceeded' | 'ImageBuildFailed', metadata = {}) =>
    version({ metadata, status: { ...KUBEDL, imageBuildPhase: phase } });

  it.each([ended('ImageBuildSucceeded'), ended('ImageBuildFailed')])(
    'is left alone, KubeDL’s too',
    (done) => {
      expect(step({ version: done })).toEqual({ actions: [], leave: true, status: done.status });
    },
  );

  it('is not built again where its image is there, whoever asks', () => {
    const again = ended('ImageBuildSucceeded', { annotations: { [REQUESTS.retry]: 'again' } });
    const { status, actions } = step({ version: again });
    expect([actions, status]).toEqual([[], { ...again.status, lastHandledRetry: 'again' }]);
  });

  it('takes note of a later generation', () => {
    const status = { ...KUBEDL, imageBuildPhase: 'ImageBuildFailed', observedGeneration: 1 } as const;
    const later = version({ metadata: { generation: 2 }, status });
    expect(step({ version: later }).status).toEqual({ ...status, observedGeneration: 2 });
    expect(step({ version: version({ status }) }).status).toEqual(status);
  });

  it('loses what was made for it, then its finalizer, once no volume is left for sure', () => {
    const done = ended('ImageBuildSucceeded', PREPARED);
    const owned = { ...bound, pods: [pod({ phase: 'Succeeded' })] };
    expect(short(step({ version: done, owned }))).toEqual(['deletePod', 'deleteClaim', 'deleteVolume']);
    const going = { volumes: [volume('Released', { deletionTimestamp: ago(1) })], claims: [], pods: [] };
    expect(short(step({ version: done, owned: going }))).toEqual([]);
    expect(decide(seen({ version: done }), setting)).toEqual({ look: 'live' });
    const last = step({ version: done, live: true });
    expect(last.actions).toEqual([
      { do: 'patchVersion', patch: { metadata: { resourceVersion: '1', finalizers: [] } } },
    ]);
  });

  it('is built again when somebody asks for it, once', () => {
    const annotations = { [REQUESTS.retry]: 'again' };
    const again = ended('ImageBuildFailed', { ...PREPARED, annotations });
    expect(step({ version: again, ...asked }).status).toMatchObject({
      attempts: 1,
      lastHandledRetry: 'again',
    });
    const status = { ...KUBEDL, imageBuildPhase: 'ImageBuildFailed', lastHandledRetry: 'again' } as const;
    expect(short(step({ version: version({ metadata: { annotations }, status }) }))).toEqual([]);
  });
});

describe('a request to cancel', () => {
  const annotations = { [REQUESTS.cancel]: 'stop' };

  it('ends a build', () => {
    const decision = step({ version: version({ metadata: { ...PREPARED, annotations }, status: BUILDING }) });
    expect(decision.status).toMatchObject({ imageBuildPhase: 'ImageBuildFailed', lastHandledCancel: 'stop' });
    expect(condition(decision, 'Ready')?.reason).toBe('Cancelled');
    expect(decision.leave).toBe(true);
  });

  it('takes back a request to try again that was not acted on', () => {
    const both = { ...annotations, [REQUESTS.retry]: 'go' };
    const { status } = step({ version: version({ metadata: { ...PREPARED, annotations: both } }) });
    const cancelled = version({ metadata: { ...PREPARED, annotations: both }, status: status! });
    expect(short(decide(seen({ version: cancelled, live: true }), setting))).toEqual([
      'patchVersion',
      'Cancelled',
    ]);
  });

  it('changes nothing of what has ended', () => {
    const status = { ...KUBEDL, imageBuildPhase: 'ImageBuildSucceeded' } as const;
    const decision = step({ version: version({ metadata: { annotations }, status }) });
    expect(decision.status).toEqual({ ...status, lastHandledCancel: 'stop' });
  });
});

describe('a version that is deleted', () => {
  const gone = version({ metadata: { ...PREPARED, deletionTimestamp: ago(1) }, status: BUILDING });

  it('loses what was made for it, then its finalizer', () => {
    expect(short(decide(seen({ version: gone, owned: { ...bound, pods: [] } }), setting))).toEqual([
      'deleteClaim',
      'deleteVolume',
    ]);
    expect(short(decide(seen({ version: gone, live: true }), setting))).toEqual(['patchVersion']);
  });

  it('keeps the finalizers of others', () => {
    const metadata = { ...gone.metadata, finalizers: ['other', FINALIZER] };
    const decision = step({ version: { ...gone, metadata }, live: true });
    expect(decision.actions[0]).toMatchObject({ patch: { metadata: { finalizers: ['other'] } } });
  });

  it('has its pod deleted by force when its node does not answer', () => {
    const stuck = {
      volumes: [],
      claims: [],
      pods: [pod({ phase: 'Running' }, { deletionTimestamp: ago(61) })],
    };
    expect(step({ version: gone, owned: stuck }).actions).toMatchObject([{ do: 'deletePod', force: true }]);
    const soon = {
      volumes: [],
      claims: [],
      pods: [pod({ phase: 'Running' }, { deletionTimestamp: ago(50) })],
    };
    expect(step({ version: gone, owned: soon })).toMatchObject({ actions: [], wait: 10_000 });
  });
});

describe('a version that is held back in the middle', () => {
  it('loses what was made for it, and begins anew when it is let go', () => {
    const held = version({ metadata: PREPARED, spec: { suspend: true }, status: handed.status! });
    const owned = { ...bound, pods: [pod({ phase: 'Running' })] };
    const decision = step({ version: held, owned });
    expect(short(decision)).toEqual(['deletePod', 'deleteClaim', 'deleteVolume', 'Suspended']);
    const released = version({ metadata: PREPARED, status: decision.status! });
    expect(step({ version: released, ...asked }).status).toMatchObject({ attempts: 2 });
  });
});
