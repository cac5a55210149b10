import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  isAlreadyExists,
  isConflict,
  isForbidden,
  isInvalid,
  isNamespaceTerminating,
  isNotFound,
  isNotServed,
} from '../../../src/kube/kube-error.ts';
import { rejectionOf } from '../../support/thrown.ts';
import { clientOf, THINGS } from '../support/client.ts';
import { until } from '../support/until.ts';
import type { Resource } from '../../../src/kube/resource.ts';
import { CRDS, NAMESPACES, WIDGET_CRD, WIDGETS } from './kinds.ts';
import type { Stage } from './stage.ts';

/** A kind that nobody has heard of. */
const UNKNOWN: Resource = { ...WIDGETS, plural: 'gadgets', kind: 'Gadget' };

export function readingAndWriting(stage: () => Stage): void {
  it('refuses what has changed, is there already, is gone, or is another object', async () => {
    const { api, namespace } = await stage().start();
    const key = { namespace, name: 'one' };
    const made = await api.create(THINGS, { metadata: key, data: { a: '1' } });
    expect(isAlreadyExists(await rejectionOf(api.create(THINGS, { metadata: key })))).toBe(true);
    const changed = await api.update(THINGS, { ...made, data: { a: '2' } });
    expect(isConflict(await rejectionOf(api.update(THINGS, { ...made, data: { a: '3' } })))).toBe(true);
    const stale = { metadata: { resourceVersion: made.metadata.resourceVersion }, data: { a: '4' } };
    expect(isConflict(await rejectionOf(api.mergePatch(THINGS, key, stale)))).toBe(true);
    expect(isConflict(await rejectionOf(api.delete(THINGS, key, { uid: randomUUID() })))).toBe(true);
    const { resourceVersion } = made.metadata;
    expect(isConflict(await rejectionOf(api.delete(THINGS, key, { resourceVersion })))).toBe(true);
    const { uid } = made.metadata;
    await api.delete(THINGS, key, { uid, resourceVersion: changed.metadata.resourceVersion });
    expect(isNotFound(await rejectionOf(api.get(THINGS, key)))).toBe(true);
    expect(isNotFound(await rejectionOf(api.delete(THINGS, key)))).toBe(true);
  });

  it('applies: fields have owners, are taken over by force, and go when their owner gives them up', async () => {
    const { api, namespace } = await stage().start({ fieldManager: 'first' });
    const other = clientOf(await stage().admin(), { fieldManager: 'second' });
    const metadata = { namespace, name: 'applied' };
    const made = await api.apply(THINGS, { metadata, data: { mine: '1', shared: 'first' } });
    const taken = { metadata, data: { shared: 'second' } };
    const refusal = await rejectionOf(other.apply(THINGS, taken));
    expect(isConflict(refusal)).toBe(true);
    expect(refusal.message).toContain('conflict with "first"');
    expect((await other.apply(THINGS, taken, { force: true })).data).toEqual({ mine: '1', shared: 'second' });
    const again = await api.apply(THINGS, { metadata, data: {} });
    expect([again.data, again.metadata.uid]).toEqual([{ shared: 'second' }, made.metadata.uid]);
    const { resourceVersion } = again.metadata;
    expect((await api.apply(THINGS, { metadata, data: {} })).metadata.resourceVersion).toBe(resourceVersion);
  });

  it('keeps spec and status apart, and holds objects to their schema', async () => {
    const { api, namespace } = await stage().start();
    await api.apply(CRDS, WIDGET_CRD);
    const established = async (): Promise<boolean> => {
      const { status } = await api.get(CRDS, WIDGET_CRD.metadata);
      return (
        status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True') ?? false
      );
    };
    await until('the kind is served', established);
    const metadata = { namespace, name: 'widget' };
    // Established is said a little before the kind is served.
    await until('it can be made', () =>
      api
        .create(WIDGETS, { metadata, spec: { size: 1 }, status: { ready: true } })
        .then(() => true, isAlreadyExists),
    );
    const made = await api.get(WIDGETS, metadata);
    expect([made.status, made.metadata.generation]).toEqual([undefined, 1]);
    const ready = await api.update(
      WIDGETS,
      { ...made, spec: { size: 9 }, status: { ready: true } },
      { subresource: 'status' },
    );
    expect([ready.spec, ready.status, ready.metadata.generation]).toEqual([{ size: 1 }, { ready: true }, 1]);
    const grown = await api.mergePatch(WIDGETS, metadata, { spec: { size: 2 }, status: { ready: false } });
    expect([grown.spec, grown.status, grown.metadata.generation]).toEqual([{ size: 2 }, { ready: true }, 2]);
    const patch = { status: { ready: false } };
    expect((await api.mergePatch(WIDGETS, metadata, patch, { subresource: 'status' })).status).toEqual({
      ready: false,
    });
    const refusal = await rejectionOf(api.mergePatch(WIDGETS, metadata, { spec: { size: 0 } }));
    expect(isInvalid(refusal)).toBe(true);
    expect(refusal).toMatchObject({ causes: [{ field: 'spec.size' }] });
  });

  it('tells a kind that is not served from an object that is gone', async () => {
    const { api, namespace } = await stage().start();
    const key = { namespace, name: 'one' };
    const errors = [await rejectionOf(api.get(UNKNOWN, key)), await rejectionOf(api.list(UNKNOWN))];
    expect(errors.map((error) => [isNotServed(error), isNotFound(error)])).toEqual([
      [true, false],
      [true, false],
    ]);
  });

  it('tells a namespace that is being deleted from a missing right', async () => {
    const { api, namespace } = await stage().start();
    await api.delete(NAMESPACES, { name: namespace });
    const error = await rejectionOf(api.create(THINGS, { metadata: { namespace, name: 'late' } }));
    expect([isForbidden(error), isNamespaceTerminating(error)]).toEqual([true, true]);
  });
}
