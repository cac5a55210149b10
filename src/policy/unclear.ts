import { CLAIM_PATH, EFS_VOLUME_HANDLE, STORAGE_PATH, type Grammar } from '../api/grammar.ts';
import type { Storage } from '../api/modelversion.ts';
import { fits } from '../api/fits.ts';
import type { Impossible } from './wish.ts';
import { shown } from './words.ts';

/**
 * Of a storage whose path or handle its grammar does not allow, why no policy can. It is asked of what stands in the
 * spec: what is made normal may be right though it was not.
 */
export function unclearIn({
  localStorage,
  nfs,
  AWSEfs,
  persistentVolumeClaim,
}: Storage): Impossible | undefined {
  const path = [localStorage?.path, nfs?.path].find(unlike(STORAGE_PATH));
  const below = [persistentVolumeClaim?.path ?? '/'].filter((each) => each !== '').find(unlike(CLAIM_PATH));
  const handle = [AWSEfs?.volumeHandle].find(unlike(EFS_VOLUME_HANDLE));
  if (handle !== undefined) return unclearHandle(handle);
  const unclear = path ?? below;
  return unclear === undefined ? undefined : unclearPath(unclear);
}

function unlike(grammar: Grammar): (text: string | undefined) => boolean {
  return (text) => text !== undefined && !fits(grammar, text);
}

function unclearPath(path: string): Impossible {
  return {
    impossible: `no StoragePolicy can allow the path ${shown(path)}: it does not say by itself where it leads`,
    hint: 'Write it as an absolute path without "." and "..", and without "//".',
  };
}

function unclearHandle(volumeHandle: string): Impossible {
  return {
    impossible: `no StoragePolicy can allow the volume handle ${shown(volumeHandle)}: it does not say by itself where it leads`,
    hint: `Write ${EFS_VOLUME_HANDLE.expected}.`,
  };
}
