import { efsHandle, parseEfsHandle } from './efs-handle.ts';
import type { Storage } from './storage.ts';

/** A storage whose paths are written in one way: no "/" at the end; of a claim one at the beginning as well. */
export function normalStorage(storage: Storage): Storage {
  const { localStorage, nfs, AWSEfs, persistentVolumeClaim } = storage;
  return {
    ...storage,
    ...(localStorage && { localStorage: { ...localStorage, path: normalPath(localStorage.path) } }),
    ...(nfs && { nfs: { ...nfs, path: normalPath(nfs.path) } }),
    ...(AWSEfs && { AWSEfs: { ...AWSEfs, volumeHandle: normalHandle(AWSEfs.volumeHandle) } }),
    ...(persistentVolumeClaim && {
      persistentVolumeClaim: {
        ...persistentVolumeClaim,
        path: normalPath(`/${(persistentVolumeClaim.path ?? '').replace(/^\//, '')}`),
      },
    }),
  };
}

function normalHandle(handle: string): string {
  const { path, ...rest } = parseEfsHandle(handle);
  return efsHandle({ ...rest, path: normalPath(path) });
}

/** Of a path that its grammar accepts: at most one "/" is at its end. */
function normalPath(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
