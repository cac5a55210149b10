import { describe, expect, it } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import { jsonLog, type Log } from '../../src/telemetry/log.ts';

function logged(write: (log: Log) => void): unknown[] {
  const lines: string[] = [];
  write(jsonLog({ write: (line) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as unknown);
}

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;

describe('the log', () => {
  it('writes a document per line, with level, time and message', () => {
    const lines = logged((log) => {
      log.info('leading');
      log.warn('slow\nlines', { seconds: 3 });
      log.error('failed');
    });
    expect(lines).toEqual([
      { level: 'info', time: TIME, msg: 'leading' },
      { level: 'warn', time: TIME, msg: 'slow\nlines', seconds: 3 },
      { level: 'error', time: TIME, msg: 'failed' },
    ]);
  });

  it('names the object, and takes an error apart', () => {
    const object = { kind: 'ModelVersion', namespace: 'team-a', name: 'bert-v3' };
    const error = new StowageError('RegistryAuth', 'https://me:secret@example.com refused', {
      hint: 'log in',
    });
    expect(logged((log) => log.error('build failed', { object, error }))).toEqual([
      {
        ...{ level: 'error', time: TIME, msg: 'build failed', object },
        ...{ code: 'RegistryAuth', error: 'https://example.com refused', hint: 'log in' },
      },
    ]);
  });

  it('says where a defect happened', () => {
    const [line] = logged((log) => log.error('reconcile failed', { error: new TypeError('oops') }));
    expect(line).toMatchObject({
      code: 'Internal',
      error: 'oops',
      stack: expect.stringContaining('log.test.ts') as string,
    });
  });
});
