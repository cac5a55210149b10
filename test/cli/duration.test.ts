import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../src/cli/duration.ts';
import { parseGoal } from '../../src/cli/verbs/wait.ts';

describe('a time on the command line', () => {
  it.each([
    ['90s', 90],
    ['10m', 600],
    ['1h30m', 5400],
    ['2h', 7200],
  ])('%s is %i seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', '0s', '5', 's', '1m1h', '-1s', '1.5h', '481h', '10m ', 'forever'])('is not %j', (text) => {
    expect(() => parseDuration(text)).toThrow(/expected a time/);
  });
});

describe('what wait is for', () => {
  it.each([
    ['Ready', { type: 'Ready', status: 'True' }],
    ['condition=Ready', { type: 'Ready', status: 'True' }],
    ['condition=Ready=false', { type: 'Ready', status: 'False' }],
    ['condition=Stalled=Unknown', { type: 'Stalled', status: 'Unknown' }],
    ['delete', 'delete'],
  ])('%s', (text, goal) => {
    expect(parseGoal(text)).toEqual(goal);
  });

  it.each(['', '=', 'condition=', 'jsonpath={.status}', 'condition=Ready=maybe'])('is not %j', (text) => {
    expect(() => parseGoal(text)).toThrow(/expected condition=TYPE/);
  });
});
