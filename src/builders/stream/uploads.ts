import { z } from 'zod';
import { ModelVersionStatus } from '../../api/status.ts';
import type { KeptUpload } from '../../oci/kept-uploads.ts';
import { MAX_UPLOADS_LINE } from '../in-pod/places.ts';

const BEGINNING = '{"event":"uploads"';

const Event = z.object({ uploads: ModelVersionStatus.shape.uploads.unwrap() });

/**
 * The uploads that a build has not finished, and the layers that it has stored, from the end of its log: what its last
 * line says that speaks of them. Whoever may write to the pod's namespace can have a pod print anything: where an address
 * may lead is for its reader to judge.
 */
export function uploads(log: string): readonly KeptUpload[] | undefined {
  const lines = log.slice(0, log.lastIndexOf('\n') + 1).split('\n');
  const last = lines.findLast((line) => line.startsWith(BEGINNING) && line.length <= MAX_UPLOADS_LINE);
  return last === undefined ? undefined : uploadsIn(last);
}

function uploadsIn(line: string): readonly KeptUpload[] | undefined {
  try {
    return Event.safeParse(JSON.parse(line)).data?.uploads;
  } catch {
    return undefined;
  }
}
