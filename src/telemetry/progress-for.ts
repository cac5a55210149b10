import { progressBars } from './progress-bars.ts';
import { progressJson } from './progress-json.ts';
import { progressLines } from './progress-lines.ts';
import { type Progress, SILENT } from './progress.ts';

export type ProgressMode = 'auto' | 'bars' | 'plain' | 'json' | 'off';

/** The progress display of one build. */
export function progressFor(
  mode: ProgressMode,
  stream: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv = process.env,
): Progress {
  switch (settledMode(mode, stream, env)) {
    case 'bars':
      return progressBars(stream);
    case 'plain':
      return progressLines(stream);
    case 'json':
      return progressJson(stream);
    case 'off':
      return SILENT;
  }
}

/**
 * What `auto` stands for: bars on a terminal that can move its cursor and that a person looks at, plain lines elsewhere:
 * in a pipe, on a dumb terminal, and in continuous integration, which may have a terminal but keeps what was written to
 * it as a log.
 */
export function settledMode(
  mode: ProgressMode,
  stream: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv = process.env,
): Exclude<ProgressMode, 'auto'> {
  if (mode !== 'auto') return mode;
  return canRedraw(stream, env) ? 'bars' : 'plain';
}

function canRedraw(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY && env['TERM'] !== 'dumb' && (env['CI'] ?? '') === '';
}
