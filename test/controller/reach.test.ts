import { describe, expect, it } from 'vitest';
import { decide } from '../../src/controller/decide.ts';
import type { Observed } from '../../src/controller/observed.ts';
import { claimTrouble, driverTrouble, nodesOfClaim, nodesWith } from '../../src/controller/reach.ts';
import type { AccessMode, PersistentVolumeClaim } from '../../src/kube/core.ts';
import { ago, ALLOWED, BUILDING, PREPARED, seen, setting, short, version } from './support.ts';

const EFS = { AWSEfs: { volumeHandle: 'fs-0123456789abcdef0:/bert' } };
const CLAIM = { persistentVolumeClaim: { claimName: 'results', path: 'models/bert' } };
const DENIED = { allowed: false, message: 'no', hint: 'policy' } as const;

function results(
  accessModes: readonly AccessMode[],
  parts: { readonly phase?: 'Pending' | 'Bound' | 'Lost'; readonly deleted?: boolean } = {},
): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...{ name: 'results', namespace: 'team-a', uid: 'results-uid', resourceVersion: '1' },
      ...(parts.deleted === true ? { deletionTimestamp: ago(1) } : {}),
    },
    spec: { accessModes, resources: { requests: { storage: '1Gi' } } },
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
    const trouble = driverTrouble('efs.csi.aws.com', { installed, nodes, everywhere: false });
    expect(trouble?.code).toBe(said && 'DriverMissing');
    expect(trouble?.message ?? '').toContain(said ?? '');
  });

  it('that is not on all nodes has the pod kept on those', () => {
    expect(nodesWith({ installed: true, nodes: ['a', 'b'], everywhere: false })).toEqual(['a', 'b']);
    expect(nodesWith({ installed: true, nodes: ['a', 'b'], everywhere: true })).toBeUndefined();
  });

  it('on part of a very large cluster keeps the pod small', () => {
    const nodes = Array.from({ length: 5000 }, (_each, index) => `node-${index}`);
    expect(nodesWith({ installed: true, nodes, everywhere: false })?.length).toBeLessThanOrEqual(100);
  });
});

describe('a claim that exists', () => {
  const storage = { by: 'claim', claimName: 'results', subPath: undefined } as const;
  const RWO: AccessMode[] = ['ReadWriteOnce'];
  it.each<[string, PersistentVolumeClaim | 'missing', string[], string | undefined]>([
    ['or does not', 'missing', [], 'ClaimNotFound'],
    ['and is being deleted', results(RWO, { deleted: true }), [], 'ClaimNotFound'],
    ['and has lost its volume', results(RWO, { phase: 'Lost' }), [], 'VolumeLost'],
    // Of a class that waits for its first consumer.
    ['and is not bound', results(RWO, { phase: 'Pending' }), [], undefined],
    ['and is in use', results(RWO), ['worker-7'], undefined],
    ['and is one pod’s alone', results(['ReadWriteOncePod']), ['worker-7'], 'ClaimInUse'],
    ['and is no pod’s yet', results(['ReadWriteOncePod']), [], undefined],
  ])('%s', (_, claim, holders, code) => {
    expect(claimTrouble(storage, { claim, holders })?.code).toBe(code);
  });

  it.each<[AccessMode[], string[], string[] | undefined]>([
    [['ReadWriteOnce'], ['worker-7'], ['worker-7']],
    [['ReadWriteOnce'], [], undefined],
    [['ReadWriteMany'], ['worker-7'], undefined],
    [['ReadWriteOnce', 'ReadOnlyMany'], ['worker-7'], undefined],
  ])('of %j that is on %j has its pod on %j', (modes, holders, nodes) => {
    expect(nodesOfClaim({ claim: results(modes), holders })).toEqual(nodes);
  });
});

describe('a version', () => {
  const allowed = { verdict: ALLOWED, turn: { granted: true }, modelIsLive: true } as const;
  const driver = { installed: true, nodes: ['a'], everywhere: true };
  const claim = { claim: results(['ReadWriteMany']), holders: [] };
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
      { verdict: ALLOWED, claim: { claim: 'missing', holders: [] } },
      ['ClaimNotFound'],
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
    const held = { claim: results(['ReadWriteOnce']), holders: ['worker-7'] };
    const decision = decide(seen({ version: building, verdict: ALLOWED, claim: held }), setting);
    expect(short(decision)).toEqual(['createPod']);
    expect(decision).toMatchObject({
      actions: [{ draft: { spec: { claimName: 'results', subPath: 'models/bert', nodes: ['worker-7'] } } }],
    });
  });

  it('on EFS has the volume of the policy’s directory, and its pod where the driver is', () => {
    const building = version({ metadata: PREPARED, spec: { storage: EFS }, status: BUILDING });
    const verdict = { ...ALLOWED, prefix: '/' } as const;
    const some = { ...driver, everywhere: false };
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
});
