import type { BigIntStats } from 'node:fs';
import type { FileIdentity } from './artifact.ts';

/** The identity that a `stat(…, { bigint: true })` shows. */
export function identityOf({ dev, ino, mtimeNs, ctimeNs }: BigIntStats): FileIdentity {
  return { dev, ino, mtimeNs, ctimeNs };
}

/** A text that two names have in common exactly when they are one file: links of either kind, but not copies. */
export function inodeKey({ dev, ino }: FileIdentity): string {
  return `${dev}:${ino}`;
}
