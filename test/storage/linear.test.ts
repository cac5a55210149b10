import { describe, expect, it } from 'vitest';
import { isLinear } from './linear.ts';

describe('an expression', () => {
  it.each([
    /access denied/i,
    /driver name \S+ not found/,
    /secret "[^"]*" found/,
    /server:\s+(?:No|Not)/,
    /attempt \d+\/\d+ failed/,
    /nfs4?: no/,
  ])('is linear: %s', (expression) => expect(isLinear(expression)).toBe(true));

  it.each([
    /.*failed/,
    /(a+)+b/,
    /\s+$/,
    /said \S+\S x/,
    /name "[^']*" x/,
    /word(?:\s*x)*y/,
    /said [^]*x/,
    /said a*a/,
  ])('is not linear: %s', (expression) => expect(isLinear(expression)).toBe(false));
});
