import { describe, expect, it } from 'vitest';
import type { ModelVersionObject } from '../../src/api/resources.ts';
import type { Reader } from '../../src/controller/look.ts';
import type { Writer } from '../../src/controller/act.ts';
import { OwnedObjects } from '../../src/controller/owned-objects.ts';
import { VersionReconciler } from '../../src/controller/reconcile-version.ts';
import type { ReconcileTools } from '../../src/controller/tools.ts';
import { Turns } from '../../src/controller/turns.ts';
import { waiterOf } from '../../src/controller/waiter.ts';
import { statusOf } from '../../src/kube/api-status.ts';
import { KubeError } from '../../src/kube/kube-error.ts';
import type { Pod } from '../../src/kube/core.ts';
import { ALLOWED, claim, model, namespace, node, NOW, pod, PREPARED, setting, version } from './support.ts';

type Api = Reader & Writer;

/** A cluster in which nothing is but what a test puts there. */
function stage(first: ModelVersionObject, api: Partial<Api>) {
  const versions = new Map([[first.metadata.uid, first]]);
  const only = <T>(object: T) => ({ cache: { get: () => object } });
  const turns = new Turns({ running: 1 }, () => undefined);
  const tools = {
    world: {
      versions: { cache: { get: () => [...versions.values()][0] } },
      ...{ namespaces: only(namespace), models: only(model) },
      ...{
        ownedVolumes: new OwnedObjects(),
        ownedClaims: new OwnedObjects(),
        ownedPods: new OwnedObjects<Pod>(),
      },
    },
    ...{ turns, settings: setting.settings, now: () => NOW, onStatus: () => undefined },
    verdict: () => ALLOWED,
  } as unknown as ReconcileTools;
  const reconciler = new VersionReconciler({ get: () => Promise.resolve(node()), ...api } as Api, tools);
  return { reconciler, versions, turns };
}

function refused(code: number, reason: string): KubeError {
  const asked = { verb: 'patch', what: 'modelversions "bert-v3"', host: 'api' };
  return new KubeError(asked, statusOf({ kind: 'Status', code, reason }, code));
}

describe('a version that goes while it is reconciled', () => {
  it('gives back the turn that it was given meanwhile', async () => {
    const { reconciler, versions, turns } = stage(version(), {
      // It is deleted while its node is looked at, and everybody is told.
      get: (resource) => {
        if (resource.plural === 'nodes') versions.clear();
        return Promise.resolve((resource.plural === 'nodes' ? node() : model) as never);
      },
      mergePatch: () => Promise.reject(refused(404, 'NotFound')),
    });
    await reconciler.reconcile('team-a/bert-v3');
    expect(turns).toMatchObject({ running: 0, waiting: 0 });
    expect(turns.ask(waiterOf(version({ metadata: { name: 'other', uid: 'other' } })))).toEqual({
      granted: true,
    });
  });

  it('does not take a turn from one of the same name that came after it', async () => {
    const second = version({ metadata: { uid: 'second' } });
    const { reconciler, versions, turns } = stage(version(), {
      get: () => {
        versions.clear();
        versions.set('second', second);
        turns.hold(waiterOf(second));
        return Promise.resolve(node() as never);
      },
      update: () => Promise.reject(refused(409, 'Conflict')),
    });
    await reconciler.reconcile('team-a/bert-v3');
    expect(turns).toMatchObject({ running: 1, waiting: 0 });
  });
});

describe('a write that the API server refuses', () => {
  it.each([
    [409, 'Conflict'],
    [404, 'NotFound'],
  ])('with %i is looked at again in a moment', async (code, reason) => {
    const { reconciler } = stage(version(), {
      get: (resource) => Promise.resolve((resource.plural === 'nodes' ? node() : model) as never),
      mergePatch: () => Promise.reject(refused(code, reason)),
    });
    expect(await reconciler.reconcile('team-a/bert-v3')).toEqual({ after: 100 });
  });

  it('is not repeated from a cache that lags behind', async () => {
    const patched: unknown[] = [];
    const { reconciler } = stage(version(), {
      get: (resource) => Promise.resolve((resource.plural === 'nodes' ? node() : model) as never),
      mergePatch: (_resource, _key, patch) => {
        patched.push(patch);
        return Promise.resolve(version({ metadata: { ...PREPARED, resourceVersion: '2' } }) as never);
      },
      update: (_resource, object) =>
        Promise.resolve({ ...object, metadata: { ...object.metadata, resourceVersion: '3' } } as never),
    });
    await reconciler.reconcile('team-a/bert-v3');
    await reconciler.reconcile('team-a/bert-v3');
    expect(patched).toHaveLength(1);
  });
});

describe('what was made for a version', () => {
  const owned = new OwnedObjects<Pod>();
  const uid = version().metadata.uid;

  it('is what has it as its owner, in its namespace', () => {
    owned.take({ type: 'add', object: pod({}) });
    owned.take({ type: 'add', object: pod({}, { uid: 'elsewhere', namespace: 'team-b' }) });
    owned.take({ type: 'add', object: pod({}, { uid: 'forged', ownerReferences: [] }) });
    expect(owned.of(uid, 'team-a').map(({ metadata }) => metadata.uid)).toEqual(['pod-uid']);
    owned.take({ type: 'delete', object: pod({}), missed: false });
    expect(owned.of(uid, 'team-a')).toEqual([]);
  });

  it('is no claim of another version', () => {
    const claims = new OwnedObjects<ReturnType<typeof claim>>();
    claims.take({ type: 'add', object: claim('Bound') });
    expect(claims.of('another', 'team-a')).toEqual([]);
  });
});
