import { visible } from '../telemetry/text.ts';

/** Messages stay short, whatever stands in a spec or a policy. */
const MAX_CHARACTERS = 100;
const MAX_SHOWN = 2;

/** A text in quotes, on one line, cut where it is long. */
export function shown(text: string): string {
  const characters = Array.from(visible(JSON.stringify(text)));
  if (characters.length <= MAX_CHARACTERS) return characters.join('');
  return `${characters.slice(0, MAX_CHARACTERS).join('')}…" (${text.length} characters)`;
}

/** The first few of a list; the others are counted. */
export function few(texts: readonly string[]): string {
  const rest = texts.length - MAX_SHOWN;
  const first = texts.slice(0, MAX_SHOWN).join(', ');
  return rest > 0 ? `${first} and ${rest} more` : first;
}

/** Reads on from "it allows": `only "/data", "/models" and 3 more`, or `nothing`. */
export function only(texts: readonly string[]): string {
  return texts.length === 0 ? 'nothing' : `only ${few(texts.map(shown))}`;
}
