/** What an EFS volume handle names. */
export interface EfsHandle {
  readonly fileSystemId: string;
  /** Absolute and normal; of an access point, below its root. */
  readonly path: string;
  readonly accessPointId: string | undefined;
}

/** Reads a handle that its grammar accepts: FILESYSTEM[:PATH[:ACCESSPOINT]]. */
export function parseEfsHandle(handle: string): EfsHandle {
  const [fileSystemId = '', path = '', accessPointId = ''] = handle.split(':');
  return {
    fileSystemId,
    path: path === '' ? '/' : path,
    accessPointId: accessPointId === '' ? undefined : accessPointId,
  };
}

/** The handle that the driver is given: as short as it can be. */
export function efsHandle({ fileSystemId, path, accessPointId }: EfsHandle): string {
  const directory = path === '/' ? '' : path;
  if (accessPointId !== undefined) return `${fileSystemId}:${directory}:${accessPointId}`;
  return directory === '' ? fileSystemId : `${fileSystemId}:${directory}`;
}
