import { StowageError } from '../errors.ts';

/**
 * The way from the root of a volume to a path, both absolute and normal; undefined where they are the same.
 * @throws VolumeLost where the path does not lie there: somebody else's volume has the name
 */
export function below(root: string, path: string, volume: string): string | undefined {
  if (path === root) return undefined;
  const start = root.endsWith('/') ? root : `${root}/`;
  if (root !== '' && path.startsWith(start)) return path.slice(start.length);
  throw new StowageError(
    'VolumeLost',
    `the volume ${volume} is of ${JSON.stringify(root)}, which ${path} does not lie in`,
    { retryable: true },
  );
}
