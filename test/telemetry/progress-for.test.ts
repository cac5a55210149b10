import { expect, it } from 'vitest';
import { progressFor, type ProgressMode } from '../../src/telemetry/progress-for.ts';
import { FakeTerminal } from './screen.ts';

/** What a mode makes of a plan and a finished layer. */
function kindOf(mode: ProgressMode, isTTY: boolean, env: NodeJS.ProcessEnv): string {
  const terminal = Object.assign(new FakeTerminal(), { isTTY });
  const progress = progressFor(mode, terminal.stream, env);
  progress.planned({ layers: 1, bytes: 0 });
  progress.layerDone({ index: 0, title: 'a', size: 0 }, 'uploaded');
  progress.finished();
  const text = terminal.writes.join('');
  if (text === '') return 'nothing';
  return text.startsWith('{') ? 'json' : text.includes('✓') ? 'bars' : 'lines';
}

it.each([
  ['auto', true, {}, 'bars'],
  ['auto', true, { TERM: 'xterm-256color', CI: '' }, 'bars'],
  ['auto', false, {}, 'lines'],
  ['auto', true, { TERM: 'dumb' }, 'lines'],
  ['auto', true, { CI: 'true' }, 'lines'],
  ['bars', false, { CI: 'true', TERM: 'dumb' }, 'bars'],
  ['plain', true, {}, 'lines'],
  ['json', true, {}, 'json'],
  ['off', true, {}, 'nothing'],
] as const)('%s on a terminal (%s) with %j shows %s', (mode, isTTY, env, kind) => {
  expect(kindOf(mode, isTTY, env)).toBe(kind);
});
