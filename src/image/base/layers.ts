import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Digest } from '../../oci/digest.ts';
import type { Descriptor } from '../../oci/manifest.ts';
import type { ImageStore } from '../../oci/target.ts';
import { MODEL_DIRECTORY } from '../bundle.ts';
import { LINK_NAME } from '../plan.ts';
import { peek } from './bytes.ts';
import { invalidBase } from './error.ts';
import { MemberReader, shownName } from './members.ts';
import type { BasePlatform } from './platform.ts';
import { isCompressed, MAGIC_BYTES, unpack } from './unpack.ts';

/**
 * Bytes that the layers of a base, each different one counted once, may have unpacked. Far above any model server's
 * image for two platforms; a bomb of this size costs minutes, and no memory.
 */
export const MAX_UNPACKED_BYTES = 128 * 1024 ** 3;

export interface LayerReading {
  readonly store: ImageStore;
  /** Names the base in messages. */
  readonly what: string;
  /** Bytes. */
  readonly maxUnpacked: number;
  readonly signal: AbortSignal;
}

/** What reading a layer to its end has shown. */
interface Unpacked {
  readonly diffId: Digest;
  /** Bytes. */
  readonly size: number;
}

/**
 * Reads every layer once and checks that it is what its config says and that it has no member where the model will
 * lie. One that a later layer deletes again counts too: readers like KServe's take each layer for itself.
 * @throws BaseInvalid, and what the store throws.
 */
export async function refuseModels(reading: LayerReading, platforms: readonly BasePlatform[]): Promise<void> {
  const read = new Map<Digest, Unpacked>();
  let left = reading.maxUnpacked;
  for (const { layer, diffId } of platforms.flatMap(layersOf)) {
    const known = read.get(layer.digest);
    const unpacked = known ?? (await readLayer(reading, layer, left));
    if (known === undefined) left -= unpacked.size;
    read.set(layer.digest, unpacked);
    if (unpacked.diffId === diffId) continue;
    throw invalidBase(
      `${reading.what}: layer ${layer.digest} holds ${unpacked.diffId}, but its config says otherwise`,
    );
  }
}

function layersOf({ layers, diffIds }: BasePlatform): { layer: Descriptor; diffId: Digest | undefined }[] {
  return layers.map((layer, index) => ({ layer, diffId: diffIds[index] }));
}

async function readLayer(reading: LayerReading, layer: Descriptor, left: number): Promise<Unpacked> {
  const { store, signal, maxUnpacked } = reading;
  const name = `${reading.what}: layer ${layer.digest}`;
  const hash = createHash('sha256');
  const members = new MemberReader(name);
  let size = 0;
  const consume = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    const { head, all } = await peek(chunks, MAGIC_BYTES);
    // The tar parser would unpack it a second time, outside our limit.
    if (isCompressed(head)) throw invalidBase(`${name} is compressed twice`);
    for await (const chunk of all) {
      size += chunk.length;
      if (size > left)
        throw invalidBase(`${name} takes the unpacked size of all layers above ${maxUnpacked} bytes`);
      hash.update(chunk);
      members.read(chunk).forEach((path) => refuseOurs(name, path));
    }
    members.end();
  };
  await unpack(name, store.readBlob(layer, signal), consume, signal);
  return { diffId: `sha256:${hash.digest('hex')}`, size };
}

function refuseOurs(layer: string, path: string): void {
  const [, first = ''] = posix.normalize(`/${path}`).split('/');
  if (first !== MODEL_DIRECTORY && first !== LINK_NAME) return;
  throw invalidBase(`${layer} has ${shownName(path)}, where the model's files go`);
}
