import type { ArtifactFile } from '../../../src/artifact/artifact.ts';

/** A file as the scan reports it, without there being one. Size in bytes. */
export function someFile(path: string, size = 1): ArtifactFile {
  return {
    path,
    location: `/data/model/${path}`,
    size,
    identity: { dev: 1n, ino: 1n, mtimeNs: 0n, ctimeNs: 0n },
    format: 'other',
  };
}
