import { onTestFinished } from 'vitest';
import type { BlobMounter, ReferrerStore, Target, UploadKeeper } from '../../src/oci/target.ts';
import { openRegistry, type RegistryOptions } from '../../src/registry/client.ts';
import { RETRY_POLICY, type RetryPolicy } from '../../src/registry/retry.ts';

/** As often as in earnest, and a thousand times as fast. */
export const FAST_RETRY: RetryPolicy = { ...RETRY_POLICY, firstDelay: 1, maxDelay: 30 };

/** A registry client that knows nothing of the machine's own credentials and proxies, and ends with the test. */
export async function openClient(
  host: string,
  repository: string,
  options: RegistryOptions = {},
): Promise<Target & BlobMounter & UploadKeeper & ReferrerStore> {
  const env = { HOME: '/nonexistent', XDG_RUNTIME_DIR: '/nonexistent', PATH: process.env.PATH };
  const client = await openRegistry({ host, repository }, { env, retry: FAST_RETRY, ...options });
  onTestFinished(() => client.close());
  return client;
}
