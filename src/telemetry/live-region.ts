import { stripVTControlCharacters } from 'node:util';
import { widthOf } from './text.ts';

/** ECMA-48 sequences, and DEC's private ones for the cursor and for wrapping (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html). */
const ERASE_TO_END_OF_LINE = '\x1b[K';
const ERASE_BELOW = '\x1b[J';
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const WRAP_OFF = '\x1b[?7l';
const WRAP_ON = '\x1b[?7h';
const up = (rows: number): string => (rows === 0 ? '' : `\x1b[${rows}A`);

/** What a terminal is taken for that does not know its size, as some pseudo-terminals do not. */
const USUAL_COLUMNS = 80;
const USUAL_ROWS = 24;

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/**
 * The last lines of a terminal, drawn over and over, with finished text scrolling away above them. Each drawing is one
 * write that goes over what is there instead of clearing it first, so that nothing flickers. The cursor is hidden
 * meanwhile and comes back with `close()` or when the process exits.
 */
export class LiveRegion {
  readonly #stream: NodeJS.WriteStream;
  readonly #restore = (): void => void this.#stream.write(SHOW_CURSOR);
  #open = false;
  #lines: readonly string[] = [];
  #columns = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  get size(): Size {
    const { columns, rows } = this.#stream;
    return { columns: columns > 0 ? columns : USUAL_COLUMNS, rows: rows > 0 ? rows : USUAL_ROWS };
  }

  /** `above` scrolls away, of any length; `lines` stay, none wider than the terminal and at least one fewer than its rows. */
  draw(above: readonly string[], lines: readonly string[]): void {
    const { columns } = this.size;
    if (above.length === 0 && columns === this.#columns && sameLines(lines, this.#lines)) return;
    const scrolled = above.length === 0 ? '' : `${ERASE_BELOW}${above.map((line) => `${line}\n`).join('')}`;
    const live = lines.map((line) => `${line}${ERASE_TO_END_OF_LINE}\n`).join('');
    this.#stream.write(
      `${this.#begin()}${this.#back(columns)}${scrolled}${WRAP_OFF}${live}${WRAP_ON}${ERASE_BELOW}`,
    );
    this.#lines = lines;
    this.#columns = columns;
  }

  /** Writes what remains to be said over the lines and gives the terminal back. */
  close(last: readonly string[]): void {
    if (last.length > 0 || this.#lines.length > 0) {
      this.#stream.write(
        `${this.#back(this.size.columns)}${ERASE_BELOW}${last.map((line) => `${line}\n`).join('')}`,
      );
    }
    this.#lines = [];
    if (!this.#open) return;
    this.#open = false;
    process.off('exit', this.#restore);
    this.#restore();
  }

  #begin(): string {
    if (this.#open) return '';
    this.#open = true;
    process.on('exit', this.#restore);
    return HIDE_CURSOR;
  }

  /** To the start of the lines. A terminal that became narrower has broken them (most do), so they take more rows now. */
  #back(columns: number): string {
    const rows = this.#lines.map((line) =>
      Math.max(1, Math.ceil(widthOf(stripVTControlCharacters(line)) / columns)),
    );
    return `\r${up(rows.reduce((sum, each) => sum + each, 0))}`;
  }
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}
