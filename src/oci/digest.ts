import { createHash } from 'node:crypto';

/** A content digest. Only sha256: it is the one algorithm every registry and runtime must support (OCI image-spec, descriptor.md). */
export type Digest = `sha256:${string}`;

const PATTERN = /^sha256:[a-f0-9]{64}$/;

export function isDigest(text: string): text is Digest {
  return PATTERN.test(text);
}

export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The 64 hexadecimal digits of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
