import { waiting } from '../builders/cluster-status.ts';
import { without } from '../builders/status.ts';
import type { Decision, Observed, Setting } from './observed.ts';
import { generationOf } from './stage.ts';

/** From here on each step forward is told. */
const NEAR = 3;

/**
 * It waits for its turn. When one build ends, all that wait move up; telling each of each step would be more writes than
 * everything else. So a position is told at first, when a quarter is left, and near the front.
 */
export function queued({ version }: Observed, position: number, { now }: Setting): Decision {
  const { queuePosition: told } = version.status ?? {};
  if (told !== undefined && !isNews(told, position)) return { actions: [] };
  const at = { now, generation: generationOf(version) };
  const message = `${position} ${position === 1 ? 'build comes' : 'builds come'} first`;
  const before = without(version.status ?? {}, ['retryTime']);
  return {
    actions: [],
    status: { ...waiting(before, { reason: 'Queued', message }, at), queuePosition: position },
  };
}

/** Whether a position is worth telling to who was told another. */
export function isNews(told: number, position: number): boolean {
  return position !== told && (position <= told / 4 || position <= NEAR || position > told);
}
