import { messageOf, redact, type StowageError } from '../../errors.ts';
import { type Paint, paintFor } from '../../telemetry/colour.ts';
import { visible } from '../../telemetry/text.ts';
import { paragraphs } from './paragraphs.ts';

/** A chain of causes longer than this repeats itself. */
const MOST_CAUSES = 10;

/** A stream that may be a terminal: `process.stderr`, or a file or pipe in its place. */
export type ErrorStream = NodeJS.WritableStream & { readonly columns?: number };

/**
 * Writes an error for a person: what is wrong, its code, what to do. With `debug` also the chain of causes with their
 * stacks. Lines are wrapped on a terminal and left whole elsewhere, where they are searched rather than read.
 */
export function printError(
  stream: ErrorStream,
  error: StowageError,
  options: { debug?: boolean } = {},
): void {
  const paint = paintFor(stream);
  const width = stream.columns ?? Infinity;
  const lines = [
    ...labelled('error: ', error.message, { width, label: paint(['bold', 'red'], 'error: ') }),
    paint('dim', `  code: ${error.code}`),
    ...(error.hint === undefined
      ? []
      : labelled('  hint: ', error.hint, { width, label: paint('cyan', '  hint: ') })),
    ...(options.debug === true ? causes(error, paint) : []),
  ];
  stream.write(`${lines.join('\n')}\n`);
}

/** A text behind its label; further lines stand below its first. */
function labelled(
  plainLabel: string,
  text: string,
  { width, label }: { width: number; label: string },
): string[] {
  const indent = ' '.repeat(plainLabel.length);
  const lines = paragraphs(text, width - indent.length);
  return lines.map((line, position) => `${position === 0 ? label : indent}${line}`.trimEnd());
}

function causes(error: StowageError, paint: Paint): string[] {
  const lines: string[] = [];
  let thrown: unknown = error;
  for (let depth = 0; thrown !== undefined && depth < MOST_CAUSES; depth += 1) {
    const text =
      thrown instanceof Error && thrown.stack !== undefined ? redact(thrown.stack) : messageOf(thrown);
    const title = depth === 0 ? 'thrown at' : 'caused by';
    lines.push(
      paint('dim', `  ${title}:`),
      ...text.split('\n').map((line) => paint('dim', `    ${visible(line)}`)),
    );
    thrown = thrown instanceof Error ? thrown.cause : undefined;
  }
  return lines;
}
