import { describe, expect, it } from 'vitest';
import { registryPlace } from '../cluster/existing.ts';
import { controlPlaneUnmet, nodeUnmet, type Machine } from '../cluster/requirements.ts';

const FIT: Machine = { platform: 'linux', isRoot: true, canMakeNamespaces: () => true, has: () => true };

describe('what a cluster needs of a machine', () => {
  it.each([
    [FIT, undefined, undefined],
    [{ ...FIT, platform: 'darwin' }, 'it needs Linux', 'it needs Linux'],
    [{ ...FIT, isRoot: false }, undefined, 'it needs root'],
    [
      { ...FIT, has: (name: string) => name !== 'runc' },
      undefined,
      'it needs runc: run e2e/setup.sh as root',
    ],
    [{ ...FIT, canMakeNamespaces: () => false }, undefined, /namespaces, which this container may not/],
    [{ ...FIT, has: (name: string) => name !== 'go' }, /^it needs go:/, /^it needs go:/],
  ])('%j', (machine, controlPlane, node) => {
    for (const [unmet, expected] of [
      [controlPlaneUnmet(machine), controlPlane],
      [nodeUnmet(machine), node],
    ]) {
      if (expected === undefined) expect(unmet).toBeUndefined();
      else expect(unmet).toMatch(expected);
    }
  });
});

describe('the registry of a cluster that is given', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['registry.example.com/team', { host: 'registry.example.com/team', plainHttp: false }],
    ['https://registry.example.com/', { host: 'registry.example.com', plainHttp: false }],
    ['http://172.18.0.5:5000', { host: '172.18.0.5:5000', plainHttp: true }],
  ])('%s', (value, expected) => expect(registryPlace(value)).toEqual(expected));
});
