/** Text on a terminal: how many columns it takes, how to fit it in, and how to print what strangers wrote. */

/**
 * Characters that act on a terminal or on the order of the text around them instead of being shown:
 * controls, lone surrogates, line and paragraph separators, and the bidirectional controls (https://trojansource.codes).
 */
const ACTING = /[\p{Cc}\p{Cs}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text with every acting character escaped (`\x1b`, `\u202e`), for anything that comes from outside. One line. */
export function visible(text: string): string {
  return text.replaceAll(ACTING, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return SHORT_ESCAPES[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** Marks, joiners and variation selectors share the column of the character before them. */
const NO_COLUMN = /[\p{Mn}\p{Me}\p{Cf}]/u;

/**
 * Wide and Fullwidth of Unicode's East Asian Width (https://www.unicode.org/reports/tr11/), in blocks. A library would
 * know each character, but costs more time to load than all else that a help text needs.
 * The halves of a flag are emoji too, but each has one column.
 */
const TWO_COLUMNS =
  /(?![\u{1F1E6}-\u{1F1FF}])[\p{Emoji_Presentation}\u1100-\u115F\u2329\u232A\u2630-\u2637\u268A-\u268F\u2E80-\u303E\u3041-\uA4C6\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6B\uFF01-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FB}\u{1D300}-\u{1D376}\u{1F200}-\u{1F265}\u{20000}-\u{3FFFD}]/u;

const PLAIN = /^[\x20-\x7e]*$/;

/** Columns that a text without control characters takes on a terminal. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOfCharacter(character);
  return width;
}

function widthOfCharacter(character: string): number {
  if (NO_COLUMN.test(character)) return 0;
  return TWO_COLUMNS.test(character) ? 2 : 1;
}

/** As much of the start as fits, ending in `…` where something is missing. */
export function cutEnd(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  return columns < 1 ? '' : `${head(text, columns - 1)}…`;
}

/** Start and end of the text around a `…`: of a file name, the end tells more than the middle. */
export function cutMiddle(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 3) return cutEnd(text, columns);
  const start = head(text, Math.floor((columns - 1) / 2));
  const end = head(Array.from(text).reverse(), columns - 1 - widthOf(start));
  return `${start}…${Array.from(end).reverse().join('')}`;
}

function head(characters: Iterable<string>, columns: number): string {
  let taken = '';
  let width = 0;
  for (const character of characters) {
    width += widthOfCharacter(character);
    if (width > columns) break;
    taken += character;
  }
  return taken;
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}
