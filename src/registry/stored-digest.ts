import { StowageError } from '../errors.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import type { Answer } from './answer.ts';

/**
 * Compares what a registry says it stored with what was sent, where it says so in an algorithm that is known here.
 * @param what names the blob or manifest.
 * @throws RegistryCorrupt
 */
export function checkStoredDigest(answer: Answer, digest: Digest, what: string): void {
  const stored = answer.header('docker-content-digest');
  if (stored === undefined || !isDigest(stored) || stored === digest) return;
  throw new StowageError(
    'RegistryCorrupt',
    `the registry holds other bytes than were sent for ${what}: ${stored} instead of ${digest}`,
    {
      hint: 'have the storage of the registry checked, then push again',
    },
  );
}
