import { Writable } from 'node:stream';
import { WriteStream } from 'node:tty';

/** Enough of ECMA-48 for a progress display. What is not known here is a defect there, and throws. */
const ESCAPE = '\u001b';
const SEQUENCE = new RegExp(`${ESCAPE}\\[(\\??)(\\d*)(?:;\\d+)*([A-Za-z])`, 'uy');

/** Where a wide character ends. */
const SECOND_HALF = '';

/**
 * A terminal for tests: a stream that says it is one, and keeps what a person would see. It scrolls, wraps, and breaks
 * its lines when it becomes narrower. Chinese characters are wide.
 */
export class FakeTerminal extends Writable {
  readonly isTTY = true;
  readonly writes: string[] = [];
  columns: number;
  rows: number;
  cursorVisible = true;
  wraps = true;
  /** Whether a line ever went on in the next row. */
  wrapped = false;
  #lines: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(columns = 80, rows = 24) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.rows = rows;
  }

  /** Node's own, which knows NO_COLOR, FORCE_COLOR and TERM. */
  getColorDepth(): number {
    return WriteStream.prototype.getColorDepth.call(this.stream);
  }

  /** As the code under test has it. */
  get stream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }

  /** All that was ever shown and not drawn over, without blanks and empty lines at the end. */
  get text(): string[] {
    const lines = this.#lines.map((line) => line.join('').trimEnd());
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  }

  override _write(text: string, _encoding: string, done: () => void): void {
    this.writes.push(text);
    for (let at = 0; at < text.length;) at += this.#take(text, at);
    done();
  }

  /** Narrower, each line that is too long is broken, as most terminals do. */
  resize(columns: number): void {
    const broken = this.#lines.map((line) => {
      const count = Math.max(1, Math.ceil(line.length / columns));
      return Array.from({ length: count }, (_, part) => line.slice(part * columns, (part + 1) * columns));
    });
    this.#row = broken.slice(0, this.#row).reduce((sum, parts) => sum + parts.length, 0);
    this.#lines = broken.flat();
    this.columns = columns;
  }

  #take(text: string, at: number): number {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    SEQUENCE.lastIndex = at;
    const sequence = SEQUENCE.exec(text);
    if (sequence !== null) this.#act(sequence);
    else if (character === '\n') this.#move(this.#row + 1, 0);
    else if (character === '\r') this.#column = 0;
    else if (/\p{Cc}/u.test(character))
      throw new Error(`a raw control character: ${JSON.stringify(character)}`);
    else this.#put(character);
    return sequence?.[0].length ?? character.length;
  }

  #act([whole, mode, number = '', letter]: RegExpExecArray): void {
    const on = letter === 'h';
    if (mode === '?' && number === '25') this.cursorVisible = on;
    else if (mode === '?' && number === '7') this.wraps = on;
    else if (letter === 'A')
      this.#move(Math.max(this.#row - Number(number || 1), this.#lines.length - this.rows, 0), this.#column);
    else if (letter === 'K' || letter === 'J') this.#erase(letter === 'J');
    else if (letter !== 'm') throw new Error(`an unknown sequence: ${JSON.stringify(whole)}`);
  }

  #move(row: number, column: number): void {
    this.#row = row;
    this.#column = column;
    while (this.#lines.length <= row) this.#lines.push([]);
  }

  #erase(below: boolean): void {
    this.#lines[this.#row]!.length = Math.min(this.#lines[this.#row]!.length, this.#column);
    if (below) for (let row = this.#row + 1; row < this.#lines.length; row += 1) this.#lines[row] = [];
  }

  #put(character: string): void {
    const width = /\p{Script=Han}/u.test(character) ? 2 : 1;
    if (this.#column + width > this.columns) {
      if (!this.wraps) return;
      this.wrapped = true;
      this.#move(this.#row + 1, 0);
    }
    const line = this.#lines[this.#row]!;
    while (line.length < this.#column) line.push(' ');
    line.splice(this.#column, width, ...[character, SECOND_HALF].slice(0, width));
    this.#column += width;
  }
}
