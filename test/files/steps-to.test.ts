import { describe, expect, it } from 'vitest';
import { stepsTo } from '../../src/files/steps-to.ts';

describe('the steps from a directory to a path', () => {
  it.each([
    ['/', '/', ''],
    ['/', '/a', 'a'],
    ['/a', '/a', ''],
    ['/a', '/a/b/c', 'b/c'],
    ['/a/', '/a/b', 'b'],
    ['/a', '/ab', undefined],
    ['/a/b', '/a', undefined],
  ])('from %s to %s are %j', (directory, path, steps) => {
    expect(stepsTo(directory, path)).toBe(steps);
  });
});
