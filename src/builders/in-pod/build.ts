import type { Digest } from '../../oci/digest.ts';
import type { Compression } from '../../pack/layer-source.ts';
import { packTo } from '../../pack/pack-to.ts';
import type { VerifySource } from '../../record/reusable.ts';
import { UPLOADS_VARIABLE } from './places.ts';
import { PrintedUploads } from './printed-uploads.ts';
import { runInPod, type PodCall, type PodSurroundings } from './run-in-pod.ts';
import { successMessage } from './termination-message.ts';

export interface BuildCall extends PodCall {
  readonly compression: Compression;
  /** Bytes per second that may be sent; undefined: any number. */
  readonly bandwidth: number | undefined;
  /** Names the storage that the model lies on. */
  readonly storage: string;
  /** An image of the same model, by its digest; undefined: there is none. */
  readonly previous: string | undefined;
  /** The digest of its record. */
  readonly record: Digest | undefined;
  /** How far that is believed. Default: `changed`. */
  readonly verifySource: VerifySource | undefined;
}

/** Builds one image. @returns whether it was made */
export async function runBuild(call: BuildCall, surroundings: PodSurroundings): Promise<boolean> {
  const { env, out } = surroundings;
  const uploads = new PrintedUploads(out, env[UPLOADS_VARIABLE]);
  const { previous: reference, record } = call;
  const previous = reference === undefined ? undefined : { reference, record };
  return runInPod(call, surroundings, async ({ open, ...found }) => {
    try {
      const report = await packTo({ ...call, ...found, previous, open: { ...open, uploads } });
      return { line: { event: 'report', ...report }, message: successMessage(report) };
    } finally {
      uploads.close();
    }
  });
}
