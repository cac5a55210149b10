import { describe, expect, it } from 'vitest';
import { FILES_GATE, LABELS } from '../../src/api/labels.ts';
import type { ModelVersionObject } from '../../src/api/resources.ts';
import { act, type Writer } from '../../src/controller/act.ts';
import { buildOf } from '../../src/controller/build-of.ts';
import { decide } from '../../src/controller/decide.ts';
import { filesDraft } from '../../src/controller/drafts.ts';
import type { Action, Setting } from '../../src/controller/observed.ts';
import { Settings } from '../../src/controller/settings.ts';
import { builderOf } from '../../src/controller/stage.ts';
import { statusOf } from '../../src/kube/api-status.ts';
import type { ConfigMap, Pod } from '../../src/kube/core.ts';
import { StowageError } from '../../src/errors.ts';
import { KubeError } from '../../src/kube/kube-error.ts';
import { rejectionOf } from '../support/thrown.ts';
import {
  ago,
  ALLOWED,
  BUILDING,
  claim,
  node,
  NOW,
  pod,
  PREPARED,
  seen,
  short,
  version,
  volume,
} from './support.ts';

const settings = Settings.parse({ builder: { image: 'stowage:1' } });
const setting: Setting = {
  now: NOW,
  settings,
  buildOf: (of) => buildOf(of, { settings, authorities: undefined }, () => []),
};
const bound = { volumes: [volume('Bound')], claims: [claim('Bound')] };
const status = { ...BUILDING, builder: 'kaniko' as const };
const building = version({ metadata: PREPARED, status });
const handed = version({ metadata: PREPARED, status: { ...status, builderPod: 'x' } });

function gated(seconds = 1): Pod {
  const made = pod({ phase: 'Pending' }, { creationTimestamp: ago(seconds) });
  return { ...made, spec: { ...made.spec, schedulingGates: [{ name: FILES_GATE }, { name: 'other' }] } };
}

describe('who builds a version', () => {
  it.each<[string, Parameters<typeof version>[0], 'stream' | 'kaniko', string]>([
    ['that says nothing is what the settings say', {}, 'kaniko', 'kaniko'],
    ['is what it says', { spec: { builder: 'stream' } }, 'kaniko', 'stream'],
    ['stays what it was, while an attempt runs', { status }, 'stream', 'kaniko'],
    ['was not written down before there was a choice', { status: BUILDING }, 'kaniko', 'stream'],
    ['is chosen anew for the next attempt', { status: { ...status, retryTime: ago(1) } }, 'stream', 'stream'],
  ])('%s', (_, parts, use, expected) => {
    expect(builderOf(version(parts), use)).toBe(expected);
  });

  it('is written down when an attempt begins', () => {
    const asked = { node: node(), verdict: ALLOWED, turn: { granted: true } as const };
    const fresh = version({ metadata: PREPARED, spec: { builder: 'kaniko' } });
    const decision = decide(seen({ version: fresh, ...asked }), setting);
    expect(decision).toMatchObject({ status: { builder: 'kaniko' } });
  });
});

describe('a pod that mounts files', () => {
  const asked = { node: node(), verdict: ALLOWED };

  it('is made behind a gate', () => {
    const decision = decide(seen({ version: building, ...asked, owned: { ...bound, pods: [] } }), setting);
    expect(decision).toMatchObject({
      actions: [{ do: 'createPod', draft: { spec: { schedulingGates: [{ name: FILES_GATE }] } } }],
    });
  });

  it('gets them, and is let through the gate', () => {
    const decision = decide(
      seen({ version: handed, ...asked, owned: { ...bound, pods: [gated()] } }),
      setting,
    );
    expect(short(decision)).toEqual(['createFiles', 'openGate']);
    const [files] = 'actions' in decision ? decision.actions : [];
    expect(files).toMatchObject({
      draft: {
        metadata: {
          name: gated().metadata.name,
          namespace: 'team-a',
          labels: { [LABELS.versionUid]: building.metadata.uid },
          ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', uid: 'pod-uid' }],
        },
        data: { Dockerfile: expect.stringContaining('FROM scratch') as string },
        binaryData: { 'link.tar': expect.stringMatching(/^[A-Za-z0-9+/]+=*$/) as string },
        immutable: true,
      },
    });
  });

  it('stays behind its gate where a policy does not allow it any more', () => {
    const denied = { allowed: false, message: 'no', hint: 'policy' } as const;
    const owned = { ...bound, pods: [gated()] };
    const decision = decide(seen({ version: handed, node: node(), verdict: denied, owned }), setting);
    expect(short(decision)).toEqual(['PolicyDenied']);
  });

  it('has its time to start again when its first container is done', () => {
    const done = (seconds: number): Pod => {
      const made = pod(
        {
          phase: 'Pending',
          initContainerStatuses: [
            { name: 'check', state: { terminated: { exitCode: 0, finishedAt: ago(seconds) } } },
          ],
          containerStatuses: [{ name: 'builder', state: { waiting: { reason: 'PodInitializing' } } }],
        },
        { creationTimestamp: ago(5000) },
      );
      return made;
    };
    const decision = (seconds: number) =>
      decide(seen({ version: handed, owned: { volumes: [], claims: [], pods: [done(seconds)] } }), setting);
    expect(short(decision(599))).toEqual([]);
    expect(short(decision(601))).toEqual(['Timeout']);
  });

  it('fails when nobody could let it through in time', () => {
    const decision = decide(
      seen({ version: handed, ...asked, owned: { ...bound, pods: [gated(601)] } }),
      setting,
    );
    expect(short(decision)).toEqual(['Timeout']);
  });

  it('has its log looked at where the pod does not say why it failed', () => {
    const error = new StowageError('RegistryUnreachable', 'no', { retryable: true });
    const unclear: Setting = {
      ...setting,
      buildOf: (of) => ({
        ...setting.buildOf(of),
        result: (_, log) => ({ ok: false, error, ...(log === undefined ? { unclear: true as const } : {}) }),
      }),
    };
    const ended = seen({ version: handed, owned: { ...bound, pods: [pod({ phase: 'Failed' })] } });
    expect(short(decide(ended, unclear))).toBe('look log');
    expect(short(decide({ ...ended, log: '' }, unclear))).toEqual(['RegistryUnreachable']);
  });

  it('fails for good where its builder cannot do what is asked for', () => {
    const odd = version({ metadata: PREPARED, status, spec: { compression: 'none' } });
    const decision = decide(seen({ version: odd, ...asked, owned: { ...bound, pods: [] } }), setting);
    expect(short(decision)).toEqual(['DeclarationInvalid']);
    expect(decision).toMatchObject({ status: { imageBuildPhase: 'ImageBuildFailed' } });
  });
});

describe('the files of a pod', () => {
  const draft = filesDraft(gated(), { Dockerfile: 'FROM scratch\n', 'link.tar': Buffer.from('tar') });
  const action: Action = { do: 'createFiles', draft, pod: gated() };
  const stored: ConfigMap = {
    ...{ apiVersion: 'v1', kind: 'ConfigMap', ...draft },
    metadata: { ...draft.metadata, uid: 'files-uid', resourceVersion: '1' },
  };
  /** An API server that has a ConfigMap of that name. */
  const having = (there: ConfigMap): Writer => {
    const asked = { verb: 'create', what: 'configmaps', host: 'api' };
    const taken = new KubeError(asked, statusOf({ kind: 'Status', code: 409, reason: 'AlreadyExists' }, 409));
    const api: Partial<Writer> = {
      create: () => Promise.reject(taken),
      get: () => Promise.resolve(there as never),
    };
    return api as Writer;
  };
  const doIt = (there: ConfigMap, of: ModelVersionObject = handed) => act(having(there), action, of);

  it('may be there already', async () => {
    await expect(doIt(stored)).resolves.toEqual({});
  });

  it.each<[string, Partial<ConfigMap>]>([
    ['other texts', { data: { Dockerfile: 'FROM evil\n' } }],
    ['one text more', { data: { ...draft.data, '.dockerignore': '*' } }],
    ['other bytes', { binaryData: {} }],
    ['no word that they stay', { immutable: false }],
    ['another owner', { metadata: { ...stored.metadata, ownerReferences: [] } }],
  ])('are not taken for ours with %s', async (_, changed) => {
    expect(await rejectionOf(doIt({ ...stored, ...changed }))).toMatchObject({
      code: 'PodLost',
      retryable: true,
    });
  });

  it('open the gate that is ours, and no other', async () => {
    const patches: unknown[] = [];
    const api: Partial<Writer> = {
      mergePatch: (_resource, _key, patch) => {
        patches.push(patch);
        return Promise.resolve({} as never);
      },
    };
    await act(api as Writer, { do: 'openGate', pod: gated() }, handed);
    expect(patches).toEqual([
      { metadata: { resourceVersion: '1' }, spec: { schedulingGates: [{ name: 'other' }] } },
    ]);
  });
});
