import type { ClusterStorage } from '../storage/kinds.ts';
import type { Decision, Observed, Setting } from './observed.ts';
import { obstacleFor } from './obstacle.ts';
import { attemptFailed, refusal } from './outcome.ts';

/** Each step asks again: a policy may have gone since the step before. */
export function unlessObstacle(
  seen: Observed,
  storage: ClusterStorage,
  setting: Setting,
  next: () => Decision,
): Decision {
  const obstacle = obstacleFor(storage, seen);
  if (obstacle === undefined) return next();
  if ('look' in obstacle) return obstacle;
  if ('refusal' in obstacle) return refusal(seen, obstacle.refusal, setting);
  return attemptFailed(seen, 'failure' in obstacle ? obstacle.failure : obstacle.standby, setting);
}
