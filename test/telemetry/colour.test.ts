import { afterEach, expect, it, vi } from 'vitest';
import { paintFor } from '../../src/telemetry/colour.ts';
import { FakeTerminal } from './screen.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const clean = {
  NO_COLOR: undefined,
  FORCE_COLOR: undefined,
  NODE_DISABLE_COLORS: undefined,
  CI: undefined,
  TMUX: undefined,
};

it.each([
  ['a terminal', true, { TERM: 'xterm-256color' }, true],
  ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ['a terminal with NO_COLOR', true, { TERM: 'xterm-256color', NO_COLOR: '1' }, false],
  ['a file', false, { TERM: 'xterm-256color' }, false],
  ['a file with FORCE_COLOR', false, { TERM: 'xterm-256color', FORCE_COLOR: '1' }, true],
  ['a terminal with FORCE_COLOR=0', true, { TERM: 'xterm-256color', FORCE_COLOR: '0' }, false],
])('%s', (_, isTTY, env, coloured) => {
  for (const [name, value] of Object.entries({ ...clean, ...env })) vi.stubEnv(name, value);
  const paint = paintFor(Object.assign(new FakeTerminal(), { isTTY }).stream);
  expect(paint('red', 'text')).toBe(coloured ? '\x1b[31mtext\x1b[39m' : 'text');
});
