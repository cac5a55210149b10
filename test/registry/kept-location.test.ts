import { describe, expect, it } from 'vitest';
import { keptLocation } from '../../src/registry/kept-location.ts';

const ORIGIN = 'https://r.example.com';
const repository = {
  url: (path: string) => new URL(`/v2/team/bert/${path}`, ORIGIN),
  owns: (url: URL) => url.origin === ORIGIN,
};

describe('the remembered address of an upload', () => {
  it.each([`${ORIGIN}/v2/team/bert/blobs/uploads/1?_state=abc`, `${ORIGIN}/v2/team/bert/blobs/upload/1`])(
    'is gone on with: %s',
    (location) => {
      expect(keptLocation(repository, location)?.href).toBe(location);
    },
  );

  it.each([
    ['of another host', 'https://evil.example.com/v2/team/bert/blobs/uploads/1'],
    ['without TLS', 'http://r.example.com/v2/team/bert/blobs/uploads/1'],
    ['of another repository', `${ORIGIN}/v2/team/gpt/blobs/uploads/1`],
    ['of a manifest', `${ORIGIN}/v2/team/bert/manifests/v1`],
    ['that leads out', `${ORIGIN}/v2/team/bert/blobs/uploads/../../manifests/v1`],
    ['that leads out, written otherwise', `${ORIGIN}/v2/team/bert/blobs/uploads/%2e%2E/%2e./manifests/v1`],
    ['that leads out past a proxy', `${ORIGIN}/v2/team/bert/blobs/uploads/..%2f..%2Fmanifests%2Fv1`],
    ['that leads out past a proxy of Windows', `${ORIGIN}/v2/team/bert/blobs/uploads/..%5C..%5cx`],
    ['that is too long', `${ORIGIN}/v2/team/bert/blobs/uploads/${'a'.repeat(8192)}`],
    ['that is none', 'uploads/1'],
  ])('is forgotten, if it is one %s', (_, location) => {
    expect(keptLocation(repository, location)).toBeUndefined();
  });
});
