import { createHash } from 'node:crypto';
import { StowageError } from '../errors.ts';
import type { Descriptor } from './manifest.ts';

/**
 * Passes on the chunks of a blob and throws RegistryCorrupt as soon as there are more bytes than its descriptor says,
 * or at the end where there are fewer or the digest differs. `where` names the store in the message.
 */
export async function* verified(
  chunks: AsyncIterable<Uint8Array>,
  blob: Descriptor,
  where: string,
): AsyncGenerator<Uint8Array, undefined> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > blob.size) throw corrupt(blob, where, `it has more than ${blob.size} bytes`);
    hash.update(chunk);
    yield chunk;
  }
  if (size < blob.size) throw corrupt(blob, where, `it has ${size} bytes instead of ${blob.size}`);
  const digest = `sha256:${hash.digest('hex')}`;
  if (digest !== blob.digest) throw corrupt(blob, where, `its bytes have the digest ${digest}`);
}

function corrupt(blob: Descriptor, where: string, why: string): StowageError {
  return new StowageError('RegistryCorrupt', `the blob ${blob.digest} in ${where} is damaged: ${why}`, {
    hint: 'The stored blob must be removed and pushed again; ask whoever runs the registry.',
  });
}
