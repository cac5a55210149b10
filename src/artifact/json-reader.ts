/**
 * Reads JSON from bytes, value by value, and keeps nothing. `JSON.parse` turns a hostile document into 10 to 50 times
 * its size in objects (measured: 2 MB of nested arrays take 96 MB), and headers of real models are too large for a limit
 * that would make that harmless.
 */
import { isUtf8 } from 'node:buffer';

/** Values inside each other. A safetensors header nests 3 deep; what is deeper is only skipped. */
const MAX_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

const ZERO = 0x30;
const NINE = 0x39;

/** Every method takes the next value, and throws SyntaxError where it is not of that kind. */
export class JsonReader {
  readonly #bytes: Buffer;
  #at = 0;
  #depth = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    if (!isUtf8(bytes)) this.#fail('is not UTF-8');
  }

  /** `member` is called at each value and must take it. */
  object(member: (key: string) => void): void {
    this.#items(OPEN_OBJECT, CLOSE_OBJECT, () => {
      const key = this.string();
      this.#expect(COLON);
      member(key);
    });
  }

  /** `item` is called at each value and must take it. */
  array(item: () => void): void {
    this.#items(OPEN_ARRAY, CLOSE_ARRAY, item);
  }

  string(): string {
    const [start, end, escaped] = this.#stringRange();
    return escaped ? this.#unescape(start, end) : this.#bytes.toString('utf8', start, end);
  }

  /** A number without sign, fraction or exponent, up to 2^53 - 1. */
  integer(): number {
    const first = this.#peek();
    const start = this.#at;
    let value = 0;
    for (let digit = digitOf(first); digit !== undefined; digit = digitOf(this.#bytes[++this.#at])) {
      value = value * 10 + digit;
    }
    const digits = this.#at - start;
    const isPlain = digits === 1 || (digits > 1 && first !== ZERO);
    if (isPlain && Number.isSafeInteger(value)) return value;
    return this.#fail('has something else where a whole number belongs');
  }

  /** Takes a value of any kind. Of a number, true, false or null it does not check the spelling. */
  skip(): void {
    const next = this.#peek();
    if (next === QUOTE) this.#stringRange();
    else if (next === OPEN_OBJECT) this.#items(OPEN_OBJECT, CLOSE_OBJECT, () => this.#skipMember());
    else if (next === OPEN_ARRAY) this.array(() => this.skip());
    else this.#skipWord();
  }

  /** Makes sure that nothing but white space is left. */
  end(): void {
    if (this.#peek() !== undefined) this.#fail('goes on after its end');
  }

  #items(open: number, close: number, item: () => void): void {
    this.#expect(open);
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.#fail('is nested too deeply');
    if (!this.#accept(close)) {
      do item();
      while (this.#accept(COMMA));
      this.#expect(close);
    }
    this.#depth -= 1;
  }

  #skipMember(): void {
    this.#stringRange();
    this.#expect(COLON);
    this.skip();
  }

  #skipWord(): void {
    const start = this.#at;
    while (isWordByte(this.#bytes[this.#at])) this.#at += 1;
    if (this.#at === start) this.#fail('has no value where one belongs');
  }

  /** Where the text between the quotes begins and ends, and whether it has escapes. */
  #stringRange(): [start: number, end: number, escaped: boolean] {
    this.#expect(QUOTE);
    const start = this.#at;
    let escaped = false;
    for (let at = start; ; at += 1) {
      const byte = this.#bytes[at];
      if (byte === undefined || byte < 0x20) return this.#fail('has a text that does not end');
      if (byte === QUOTE) {
        this.#at = at + 1;
        return [start, at, escaped];
      }
      if (byte === BACKSLASH) {
        escaped = true;
        at += 1;
      }
    }
  }

  #unescape(start: number, end: number): string {
    try {
      return String(JSON.parse(this.#bytes.toString('utf8', start - 1, end + 1)));
    } catch {
      return this.#fail('has a text with a wrong escape');
    }
  }

  #peek(): number | undefined {
    let byte = this.#bytes[this.#at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = this.#bytes[++this.#at];
    return byte;
  }

  #accept(byte: number): boolean {
    if (this.#peek() !== byte) return false;
    this.#at += 1;
    return true;
  }

  #expect(byte: number): void {
    const found = this.#accept(byte);
    if (!found) this.#fail(`has no ${JSON.stringify(String.fromCharCode(byte))} where one belongs`);
  }

  #fail(why: string): never {
    throw new SyntaxError(`${why} (at byte ${this.#at})`);
  }
}

function digitOf(byte: number | undefined): number | undefined {
  return byte !== undefined && byte >= ZERO && byte <= NINE ? byte - ZERO : undefined;
}

/** Letters, digits, `+`, `-` and `.`: what numbers, true, false and null are made of. */
function isWordByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
  return isLetter || (byte >= ZERO && byte <= NINE) || byte === 0x2b || byte === 0x2d || byte === 0x2e;
}
