import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { printError } from '../../../src/cli/terminal/error.ts';
import { StowageError } from '../../../src/errors.ts';
import { FakeTerminal } from '../../telemetry/screen.ts';

beforeEach(() => {
  vi.stubEnv('NO_COLOR', '1');
  vi.stubEnv('FORCE_COLOR', undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

function printed(error: StowageError, options: { columns?: number; debug?: boolean } = {}): string {
  const terminal = Object.assign(new FakeTerminal(200), { columns: options.columns });
  printError(terminal.stream, error, { debug: options.debug ?? false });
  return terminal.writes.join('');
}

const cause = new Error('connect ECONNREFUSED https://user:secret@registry.example.com/v2/');
const error = new StowageError('RegistryUnreachable', 'registry.example.com does not answer', {
  hint: 'Is it the right host? Try: curl https://registry.example.com/v2/',
  cause,
});

describe('printError', () => {
  it('says what is wrong, its code and what to do', () => {
    expect(printed(error)).toBe(
      'error: registry.example.com does not answer\n' +
        '  code: RegistryUnreachable\n' +
        '  hint: Is it the right host? Try: curl https://registry.example.com/v2/\n',
    );
    expect(printed(new StowageError('Internal', 'oops'))).toBe('error: oops\n  code: Internal\n');
  });

  it('wraps to the terminal, below the first line', () => {
    expect(printed(error, { columns: 40 })).toBe(
      'error: registry.example.com does not\n' +
        '       answer\n' +
        '  code: RegistryUnreachable\n' +
        '  hint: Is it the right host? Try: curl\n' +
        '        https://registry.example.com/v2/\n',
    );
  });

  it('keeps the lines of a message, and escapes what else would act on a terminal', () => {
    const hostile = new StowageError('FileRefused', 'two files:\n  a\x1b[2Jb\n  c\rd');
    expect(printed(hostile)).toBe(
      'error: two files:\n         a\\x1b[2Jb\n         c\\rd\n  code: FileRefused\n',
    );
  });

  it('shows causes only on request, without secrets', () => {
    expect(printed(error)).not.toContain('ECONNREFUSED');
    const debug = printed(error, { debug: true });
    expect(debug).toContain(
      '  caused by:\n    Error: connect ECONNREFUSED https://registry.example.com/v2/\n',
    );
    expect(debug).toContain('  thrown at:\n    StowageError: registry.example.com does not answer\n');
    expect(debug).toContain('error.test.ts');
    expect(debug).not.toContain('secret');
  });

  it('ends with causes that go in a circle, and takes those that are no errors', () => {
    const circle = new Error('round');
    circle.cause = circle;
    expect(
      printed(new StowageError('Internal', 'x', { cause: circle }), { debug: true }).split('caused by:'),
    ).toHaveLength(10);
    expect(printed(new StowageError('Internal', 'x', { cause: 'a string' }), { debug: true })).toContain(
      '    a string\n',
    );
  });

  it('is red on a terminal with colours', () => {
    for (const name of ['NO_COLOR', 'CI']) vi.stubEnv(name, undefined);
    vi.stubEnv('TERM', 'xterm-256color');
    expect(printed(error).startsWith('\x1b[1m\x1b[31merror: ')).toBe(true);
  });
});
