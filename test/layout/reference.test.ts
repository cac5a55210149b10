import { describe, expect, it } from 'vitest';
import { parseLayoutReference } from '../../src/layout/reference.ts';
import { thrownBy } from '../support/thrown.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('a reference to an OCI image layout', () => {
  it.each([
    ['oci:images', { directory: 'images' }],
    ['oci:./a:b/images', { directory: './a:b/images' }],
    ['oci:/data/images:v1', { directory: '/data/images', tag: 'v1' }],
    ['oci:a@b', { directory: 'a@b' }],
    [`oci:/data/images@${DIGEST}`, { directory: '/data/images', digest: DIGEST }],
    // As a report names the image of a layout.
    [`oci:/data/images:v1@${DIGEST}`, { directory: '/data/images', tag: 'v1', digest: DIGEST }],
    [`oci:/data@${DIGEST}/images:v1`, { directory: `/data@${DIGEST}/images`, tag: 'v1' }],
  ])('%s is understood', (text, expected) => {
    expect(parseLayoutReference(text)).toEqual({ tag: undefined, digest: undefined, ...expected });
  });

  it.each([
    ['images', 'names no OCI image layout'],
    ['oci:', 'names no OCI image layout'],
    ['oci::v1', 'names no OCI image layout'],
    [`oci:@${DIGEST}`, 'names no OCI image layout'],
    ['oci:a\0b', 'names no OCI image layout'],
    ['oci:images:', 'is not a tag'],
    ['oci:images:-v1', 'is not a tag'],
    ['oci:images@sha256:abc', '"sha256:abc" is not a digest'],
    [`oci:images:v1@${DIGEST}0`, 'is not a digest'],
  ])('%j is refused: %s', (text, message) => {
    const error = thrownBy(() => parseLayoutReference(text));
    expect(error.code).toBe('UsageInvalid');
    expect(error.message).toContain(message);
  });
});
