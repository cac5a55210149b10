import { StowageError } from '../errors.ts';
import { stepsTo } from '../files/steps-to.ts';

/**
 * The way from the root of a volume to a path, both absolute and normal; undefined where they are the same.
 * @param root "": of another kind of volume
 * @throws VolumeLost where the path does not lie there: somebody else's volume has the name
 */
export function below(root: string, path: string, volume: string): string | undefined {
  const steps = root === '' ? undefined : stepsTo(root, path);
  if (steps !== undefined) return steps === '' ? undefined : steps;
  throw new StowageError(
    'VolumeLost',
    `the volume ${volume} is of ${JSON.stringify(root)}, which ${path} does not lie in`,
    { retryable: true },
  );
}
