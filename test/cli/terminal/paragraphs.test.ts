import { expect, it } from 'vitest';
import { paragraphs } from '../../../src/cli/terminal/paragraphs.ts';

it('wraps prose', () => {
  expect(paragraphs('one two three four five six seven', 20)).toEqual([
    'one two three four',
    'five six seven',
  ]);
});

it('leaves an object as it is, so that it can be copied', () => {
  const policy = 'apiVersion: v1\nspec:\n  path: /a/very/long/path/that/is/longer/than/a/line';
  expect(paragraphs(`It is refused. Apply:\n${policy}`, 30)).toEqual([
    'It is refused. Apply:',
    '',
    ...policy.split('\n'),
  ]);
});
