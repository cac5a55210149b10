import { describe, expect, it } from 'vitest';
import { podStage } from '../../src/builders/pod-stage.ts';
import { eventTrouble, messageTrouble } from '../../src/builders/pod-trouble.ts';
import type { ContainerState, CoreEvent, Pod } from '../../src/kube/core.ts';

function pod(status: NonNullable<Pod['status']>, deleted = false): Pod {
  const deletion = deleted ? { deletionTimestamp: '2026-03-01T12:00:00Z' } : {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x', namespace: 'a', uid: 'u', resourceVersion: '1', ...deletion },
    spec: {},
    status,
  };
}

const container = (state: ContainerState) => ({ containerStatuses: [{ name: 'builder', state }] });
const waiting = (reason: string, message = '') =>
  pod({ phase: 'Pending', ...container({ waiting: { reason, message } }) });

/** As Kubernetes 1.37 says it. */
const SAID: [string, string, boolean][] = [
  [
    'failed to create subPath directory for volumeMount "model" of container "builder"',
    'PathNotFound',
    false,
  ],
  ['failed to prepare subPath for volumeMount "model" of container "builder"', 'LinkRefused', false],
  [
    'MountVolume.NewMounter initialization failed for volume "X" : path "/data/x" does not exist',
    'PathNotFound',
    false,
  ],
  [
    'MountVolume.NewMounter initialization failed for volume "X" : only directory and block device are supported',
    'PathNotFound',
    false,
  ],
  ['MountVolume.SetUp failed for volume "s" : secret "absent" not found', 'SecretMissing', true],
  [
    'MountVolume.MountDevice failed: driver name efs.csi.aws.com not found in the list of registered CSI drivers',
    'DriverMissing',
    true,
  ],
  ['Multi-Attach error for volume "x" Volume is already used by pod(s) y', 'ClaimInUse', true],
  ['MountVolume.SetUp failed for volume "n" : mount failed: exit status 32', 'MountFailed', true],
];

describe('what a kubelet says', () => {
  it.each(SAID)('%s', (message, code, retryable) => {
    const trouble = messageTrouble(message, []);
    expect([trouble.code, trouble.retryable]).toEqual([code, retryable]);
    expect(trouble.message).toContain(message);
  });
});

const gated = (...gates: string[]): Pod => {
  const conditions = [
    { type: 'PodScheduled', status: 'False' as const, reason: 'SchedulingGated', message: 'blocked' },
  ];
  const made = pod({ phase: 'Pending', conditions });
  return gates.length === 0 ? made : { ...made, spec: { schedulingGates: gates.map((name) => ({ name })) } };
};

/** A pod with a container before the last. */
const inOrder = (first: ContainerState, last: ContainerState = { waiting: { reason: 'PodInitializing' } }) =>
  pod({
    phase: 'Pending',
    initContainerStatuses: [{ name: 'check', state: first }],
    ...container(last),
  });
const DONE = { terminated: { exitCode: 0, startedAt: '2026-03-01T11:00:00Z' } };

describe('a pod', () => {
  const cases: [string, Pod, string, string | undefined][] = [
    ['that waits for its files is gated', gated('model.kubedl.io/files', 'other'), 'gated', undefined],
    ['whose gate was just taken away is pending', gated(), 'pending', undefined],
    ['that waits for the gate of another says so', gated('other'), 'pending', 'Unschedulable'],
    ['whose first container runs, runs', inOrder({ running: {} }), 'running', undefined],
    ['between its containers is pending', inOrder(DONE), 'pending', undefined],
    ['whose last container runs, runs', inOrder(DONE, { running: {} }), 'running', undefined],
    ['whose first container failed has ended', inOrder({ terminated: { exitCode: 1 } }), 'ended', undefined],
    [
      'whose first image is pulled in vain',
      inOrder({ waiting: { reason: 'ImagePullBackOff', message: 'no' } }),
      'pending',
      'BuilderImageUnavailable',
    ],
    [
      'whose last image is pulled in vain',
      inOrder(DONE, { waiting: { reason: 'ImagePullBackOff', message: 'no' } }),
      'pending',
      'BuilderImageUnavailable',
    ],
    ['without a status is pending', pod({}), 'pending', undefined],
    ['whose container is made is pending', waiting('ContainerCreating'), 'pending', undefined],
    [
      'whose image is pulled in vain',
      waiting('ImagePullBackOff', 'Back-off pulling image "x"'),
      'pending',
      'BuilderImageUnavailable',
    ],
    ['whose image has no name', waiting('InvalidImageName', 'x'), 'pending', 'BuilderImageUnavailable'],
    [
      'whose path is not there',
      waiting('CreateContainerConfigError', SAID[0]![0]),
      'pending',
      'PathNotFound',
    ],
    [
      'that no node takes',
      pod({
        phase: 'Pending',
        conditions: [
          { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' },
        ],
      }),
      'pending',
      'Unschedulable',
    ],
    ['runs', pod({ phase: 'Running', ...container({ running: { startedAt: 'x' } }) }), 'running', undefined],
    ['is leaving', pod({ phase: 'Running', ...container({ running: {} }) }, true), 'leaving', undefined],
    ['is leaving before it ran', pod({ phase: 'Pending' }, true), 'leaving', undefined],
    [
      'has ended',
      pod({ phase: 'Running', ...container({ terminated: { exitCode: 0 } }) }),
      'ended',
      undefined,
    ],
    ['has ended while it leaves', pod({ phase: 'Failed' }, true), 'ended', undefined],
    ['was evicted', pod({ phase: 'Failed', reason: 'Evicted' }), 'ended', undefined],
  ];
  it.each(cases)('%s', (_, subject, is, code) => {
    const stage = podStage(subject, []);
    expect([stage.is, stage.is === 'pending' ? stage.trouble?.code : undefined]).toEqual([is, code]);
  });

  it('that no node takes for a taint is told of tolerations', () => {
    const message = '0/1 nodes are available: 1 node(s) had untolerated taint(s)';
    const stage = podStage(
      pod({ conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] }),
      [],
    );
    expect(stage.is === 'pending' && stage.trouble?.hint).toContain('tolerations');
  });
});

describe('events about a pod', () => {
  const event = (reason: string, message: string, at: string): CoreEvent => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: at, uid: at, resourceVersion: '1' },
    ...{ reason, message, lastTimestamp: at },
  });

  it('tell of the newest trouble with a volume', () => {
    const events = [
      event('FailedMount', 'MountVolume.SetUp failed : mount failed: exit status 32', '2026-01-02'),
      event('FailedMount', 'path "/x" does not exist', '2026-01-01'),
      event('Scheduled', 'assigned', '2026-01-04'),
      event('MissingClusterDNS', 'no DNS', '2026-01-05'),
      event(
        'FailedMount',
        'Unable to attach or mount volumes: unmounted volumes=[model]: timed out',
        '2026-01-03',
      ),
    ];
    expect(eventTrouble(events, [])?.code).toBe('MountFailed');
  });

  it('tell of a node that cannot make the pod’s network, which is no trouble of the path', () => {
    const trouble = eventTrouble(
      [
        event(
          'FailedCreatePodSandBox',
          'open /run/flannel/subnet.env: no such file or directory',
          '2026-01-01',
        ),
      ],
      [],
    );
    expect([trouble?.code, trouble?.retryable]).toEqual(['BuilderFailed', true]);
  });

  it('tell of nothing where nothing is wrong', () => {
    expect(eventTrouble([event('Scheduled', 'assigned', '2026-01-01')], [])).toBeUndefined();
    expect(eventTrouble([], [])).toBeUndefined();
  });
});
