import type { Compression } from '../../pack/layer-source.ts';
import { packTo } from '../../pack/pack-to.ts';
import { runInPod, type PodCall, type PodSurroundings } from './run-in-pod.ts';
import { successMessage } from './termination-message.ts';

export interface BuildCall extends PodCall {
  readonly compression: Compression;
}

/** Builds one image. @returns whether it was made */
export async function runBuild(call: BuildCall, surroundings: PodSurroundings): Promise<boolean> {
  return runInPod(call, surroundings, async (found) => {
    const report = await packTo({ ...call, ...found });
    return { line: { event: 'report', ...report }, message: successMessage(report) };
  });
}
