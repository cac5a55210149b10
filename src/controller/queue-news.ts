/** From here on each step forward is told. */
const NEAR = 3;

/**
 * Whether a position is worth telling to who was told another. When one build ends, all that wait move up; telling each
 * of each step would be more writes than everything else. So it is told when a quarter is left, and near the front.
 */
export function isNews(told: number, position: number): boolean {
  return position !== told && (position <= told / 4 || position <= NEAR || position > told);
}
