import { redact } from '../errors.ts';

/** What a person will read of others' words, in characters; statuses stay small by it. */
const MAX_WORDS = 1000;

/** The beginning of a text, as one printable line. */
export function headOf(text: string): string {
  const line = oneLine(text);
  return line.length > MAX_WORDS ? `${line.slice(0, MAX_WORDS)}…` : line;
}

/**
 * The end of a log, as one printable line: it tells more than the beginning. A word that is cut is left out, since half
 * of a URL shows its password.
 */
export function tailOf(log: string): string {
  const line = oneLine(log);
  return line.length > MAX_WORDS ? `… ${line.slice(-MAX_WORDS).replace(/^\S*\s/, '')}` : line;
}

function oneLine(text: string): string {
  return redact(text.replaceAll(/[\p{C}\s]+/gu, ' ').trim());
}
