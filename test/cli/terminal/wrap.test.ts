import { describe, expect, it } from 'vitest';
import { wrap } from '../../../src/cli/terminal/wrap.ts';

describe('wrap', () => {
  it.each([
    ['fits', 20, ['fits']],
    ['one two three four five six', 20, ['one two three four', 'five six']],
    ['  - one two three four five', 20, ['  - one two three', '  four five']],
    ['see /a/path/that/is/longer/than/a/line now', 20, ['see', '/a/path/that/is/longer/than/a/line', 'now']],
    ['/a/path/that/is/longer/than/a/line', 20, ['/a/path/that/is/longer/than/a/line']],
    ['模型 权重 模型 权重 模型 权重', 20, ['模型 权重 模型 权重', '模型 权重']],
    ['narrow terminals wrap by themselves', 19, ['narrow terminals wrap by themselves']],
    ['', 20, ['']],
  ])('%j to %i columns', (line, columns, lines) => {
    expect(wrap(line, columns)).toEqual(lines);
  });
});
