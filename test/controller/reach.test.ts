import { describe, expect, it } from 'vitest';
import type { NodeNames } from '../../src/builders/builder.ts';
import { LABELS } from '../../src/api/labels.ts';
import { decide } from '../../src/controller/decide.ts';
import type { Observed } from '../../src/controller/observed.ts';
import {
  canBeAnywhere,
  claimTrouble,
  driverTrouble,
  nodesOfClaim,
  nodesWith,
} from '../../src/controller/reach.ts';
import type { AccessMode, PersistentVolumeClaim } from '../../src/kube/core.ts';
import { ago, ALLOWED, BUILDING, PREPARED, seen, setting, short, version } from './support.ts';

const EFS = { AWSEfs: { volumeHandle: 'fs-0123456789abcdef0:/bert' } };
const CLAIM = { persistentVolumeClaim: { claimName: 'results', path: 'models/bert' } };
const DENIED = { allowed: false, message: 'no', hint: 'policy' } as const;

function results(
  accessModes: readonly AccessMode[],
  parts: {
    readonly phase?: 'Pending' | 'Bound' | 'Lost';
    readonly deleted?: boolean;
    readonly spec?: object;
    readonly labels?: Record<string, string>;
  } = {},
): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...{ name: 'results', namespace: 'team-a', uid: 'results-uid', resourceVersion: '1' },
      labels: parts.labels ?? {},
      ...(parts.deleted === true ? { deletionTimestamp: ago(1) } : {}),
    },
    spec: {
      ...{ accessModes, resources: { requests: { storage: '1Gi' } } },
      ...(parts.phase === 'Pending' ? {} : { volumeName: 'disk' }),
      ...parts.spec,
    },
    status: { phase: parts.phase ?? 'Bound' },
  };
}

describe('a CSI driver', () => {
  it.each([
    ['that is nowhere', false, [], 'is not installed'],
    ['whose object was deleted', false, ['a'], 'is not installed'],
    ['that runs on no node', true, [], 'runs on no node'],
    ['that runs somewhere', true, ['a'], undefined],
  ])('%s', (_, installed, nodes, said) => {
    const trouble = driverTrouble('efs.csi.aws.com', { installed, nodes, without: [] });
    expect(trouble?.code).toBe(said && 'DriverMissing');
    expect(trouble?.message ?? '').toContain(said ?? '');
  });

  it.each<[string[], string[], NodeNames | undefined]>([
    [['a', 'b'], [], undefined],
    [['a'], ['b', 'c'], { only: ['a'] }],
    [['a', 'b', 'c'], ['d'], { but: ['d'] }],
  ])('that %j have and %j have not keeps the pod on %j', (nodes, without, names) => {
    expect(nodesWith({ installed: true, nodes, without })).toEqual(names);
  });

  it('on part of a very large cluster keeps the pod small', () => {
    const [nodes, without] = [names(5000, 'a'), names(6000, 'b')];
    const kept = nodesWith({ installed: true, nodes, without });
    expect(kept !== undefined && 'only' in kept && kept.only.length).toBeLessThanOrEqual(500);
  });
});

function names(count: number, start: string): string[] {
  return Array.from({ length: count }, (_each, index) => `${start}-${index}`);
}

describe('a claim that exists', () => {
  const storage = { by: 'claim', claimName: 'results', subPath: undefined } as const;
  const RWO: AccessMode[] = ['ReadWriteOnce'];
  it.each<[string, PersistentVolumeClaim | 'missing', string[], string | undefined]>([
    ['or does not', 'missing', [], 'ClaimNotFound'],
    ['and is being deleted', results(RWO, { deleted: true }), [], 'ClaimNotFound'],
    ['and has lost its volume', results(RWO, { phase: 'Lost' }), [], 'VolumeLost'],
    // It would be given an empty disk for our pod.
    ['and has no volume yet', results(RWO, { phase: 'Pending' }), [], 'ClaimUnbound'],
    [
      'and has no volume yet, but what will be on it',
      results(RWO, { phase: 'Pending', spec: { dataSource: { kind: 'VolumeSnapshot', name: 'x' } } }),
      [],
      undefined,
    ],
    [
      'and was made for another build',
      results(RWO, { labels: { 'app.kubernetes.io/managed-by': 'stowage' } }),
      [],
      'PolicyDenied',
    ],
    ['and is in use', results(RWO), ['worker-7'], undefined],
    ['and is one pod’s alone', results(['ReadWriteOncePod']), ['worker-7'], 'ClaimInUse'],
    ['and is no pod’s yet', results(['ReadWriteOncePod']), [], undefined],
  ])('%s', (_, claim, holders, code) => {
    expect(claimTrouble(storage, { claim, holders, hostPath: false })?.code).toBe(code);
  });

  it.each<[AccessMode[], boolean]>([
    [['ReadWriteOnce'], false],
    [['ReadWriteOncePod'], false],
    [['ReadWriteMany'], true],
    [['ReadWriteOnce', 'ReadOnlyMany'], true],
  ])('of %j can be anywhere: %s', (modes, anywhere) => {
    expect(canBeAnywhere(results(modes))).toBe(anywhere);
  });

  it('has its pod on the node of the pod that has it', () => {
    const claim = results(['ReadWriteOnce']);
    expect(nodesOfClaim({ claim, holders: ['worker-7'], hostPath: false })).toEqual({ only: ['worker-7'] });
    expect(nodesOfClaim({ claim, holders: [], hostPath: false })).toBeUndefined();
  });
});

describe('a version', () => {
  const allowed = { verdict: ALLOWED, turn: { granted: true }, modelIsLive: true } as const;
  const driver = { installed: true, nodes: ['a'], without: [] };
  const claim = { claim: results(['ReadWriteMany']), holders: [], hostPath: false };
  const cases: [string, object, Partial<Observed>, unknown][] = [
    ['on EFS asks first whether it may', EFS, {}, 'look verdict'],
    ['on EFS that may not be read learns nothing of drivers', EFS, { verdict: DENIED }, ['PolicyDenied']],
    ['on EFS asks for the driver', EFS, { verdict: ALLOWED }, 'look driver'],
    [
      'on EFS fails an attempt without the driver',
      EFS,
      { verdict: ALLOWED, driver: { ...driver, installed: false } },
      ['DriverMissing'],
    ],
    ['on EFS asks for its turn', EFS, { verdict: ALLOWED, driver }, 'look turn'],
    ['on a claim asks first whether it may', CLAIM, {}, 'look verdict'],
    ['on a claim that may not be read learns nothing of it', CLAIM, { verdict: DENIED }, ['PolicyDenied']],
    ['on a claim asks for the claim', CLAIM, { verdict: ALLOWED }, 'look claim'],
    [
      'on a claim fails an attempt without it',
      CLAIM,
      { verdict: ALLOWED, claim: { ...claim, claim: 'missing' } },
      ['ClaimNotFound'],
    ],
    [
      'on a claim that one pod alone may have waits for its end',
      CLAIM,
      { verdict: ALLOWED, claim: { ...claim, claim: results(['ReadWriteOncePod']), holders: ['a'] } },
      ['ClaimInUse'],
    ],
    [
      'on a claim of another build is refused',
      CLAIM,
      {
        verdict: ALLOWED,
        claim: { ...claim, claim: results(['ReadOnlyMany'], { labels: { [LABELS.versionUid]: 'x' } }) },
      },
      ['PolicyDenied'],
    ],
    ['on a claim asks for its turn', CLAIM, { verdict: ALLOWED, claim }, 'look turn'],
  ];
  it.each(cases)('%s', (_, storage, parts, expected) => {
    expect(short(decide(seen({ version: version({ spec: { storage } }), ...parts }), setting))).toEqual(
      expected,
    );
  });

  it('on a claim has no finalizer: there is no volume to guard', () => {
    const decision = decide(
      seen({ version: version({ spec: { storage: CLAIM } }), ...allowed, claim }),
      setting,
    );
    expect(decision).toMatchObject({ actions: [{ do: 'patchVersion' }] });
    expect(JSON.stringify(decision)).not.toContain('finalizers');
  });

  it('on a claim makes the pod, and no volume', () => {
    const building = version({
      metadata: PREPARED,
      spec: { storage: CLAIM },
      status: BUILDING,
    });
    const held = { claim: results(['ReadWriteOnce']), holders: ['worker-7'], hostPath: false };
    const decision = decide(seen({ version: building, verdict: ALLOWED, claim: held }), setting);
    expect(short(decision)).toEqual(['createPod']);
    expect(decision).toMatchObject({
      actions: [
        { draft: { spec: { claimName: 'results', subPath: 'models/bert', nodes: { only: ['worker-7'] } } } },
      ],
    });
  });

  it('on EFS has the volume of the policy’s directory, and its pod where the driver is', () => {
    const building = version({ metadata: PREPARED, spec: { storage: EFS }, status: BUILDING });
    const verdict = { ...ALLOWED, prefix: '/' } as const;
    const some = { ...driver, without: ['b', 'c'] };
    const decision = decide(seen({ version: building, verdict, driver: some }), setting);
    expect(decision).toMatchObject({
      actions: [
        {
          do: 'createVolume',
          draft: {
            spec: { csi: { volumeHandle: 'fs-0123456789abcdef0' }, accessModes: ['ReadWriteMany'] },
          },
        },
      ],
    });
  });

  it('on a directory of a node has the builder look for the model, not the kubelet', () => {
    const building = version({ metadata: PREPARED, spec: { storage: CLAIM }, status: BUILDING });
    const decision = decide(
      seen({ version: building, verdict: ALLOWED, claim: { ...claim, hostPath: true } }),
      setting,
    );
    expect(decision).toMatchObject({
      actions: [{ draft: { spec: { subPath: undefined, directory: 'models/bert' } } }],
    });
  });
});
