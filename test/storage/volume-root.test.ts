import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { volumeRoot } from '../../src/storage/volume-root.ts';

describe('the directory that a local volume is made of', () => {
  it.each([
    ['/data', '/data/bert', '/data'],
    ['/data', '/data', '/data'],
    ['/data/models', '/data/models/a/b', '/data/models'],
    ['/', '/data/bert', '/data'],
    ['/', '/var/models/bert', '/var/models'],
    ['/', '/var/lib/models/bert', '/var/lib/models'],
    ['/var', '/var/models/bert', '/var/models'],
    ['/var/lib', '/var/lib/bert', '/var/lib/bert'],
    ['/run', '/run/models/x', '/run/models'],
    ['/var/lib/kubelet', '/var/lib/kubelet/pods', undefined],
    ['/', '/run/containerd/x', undefined],
    ['/', '/var/run/models', undefined],
    ['/', '/var/lib/rancher/k3s/storage/x', '/var/lib/rancher/k3s/storage'],
    ['/', '/', undefined],
    ['/', '/var', undefined],
    ['/var', '/var/lib', undefined],
    ['/', '/var/lib/kubelet', undefined],
    ['/var/libx', '/var/libx/y', '/var/libx'],
  ])('allowed %s, model %s: %s', (prefix, path, root) => {
    expect(volumeRoot(prefix, path)).toBe(root);
  });

  it('lies between what is allowed and the model', () => {
    const name = fc.constantFrom('var', 'lib', 'kubelet', 'run', 'data', 'k0s', 'docker', 'a');
    const steps = fc.array(name, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(steps, fc.nat(6), (parts, cut) => {
        const path = `/${parts.join('/')}`;
        const prefix = `/${parts.slice(0, cut).join('/')}`;
        const root = volumeRoot(prefix, path);
        if (root === undefined) return;
        const within = (inner: string, outer: string): boolean =>
          outer === '/' || inner === outer || inner.startsWith(`${outer}/`);
        expect(within(root, prefix)).toBe(true);
        expect(within(path, root)).toBe(true);
        expect(within('/var/lib/kubelet', root) || within(root, '/var/lib/kubelet')).toBe(false);
      }),
    );
  });
});
