import { Parser, type ReadEntry } from 'tar';
import { invalidBase } from './error.ts';

/** What is left of a name in a message; a tar's names can have any length. */
const SHOWN_NAME = 200;

/** Reads the names of the members of a tar that arrives in pieces. Contents are skipped; nothing is kept. */
export class MemberReader {
  readonly #what: string;
  readonly #parser: Parser;
  #names: string[] = [];
  #problem: string | undefined;
  #ended = false;

  /** `what` names the layer in messages. */
  constructor(what: string) {
    this.#what = what;
    this.#parser = new Parser({
      onReadEntry: (entry) => this.#member(entry),
      onwarn: (code, message, data) => {
        // A tar without members is reported as unrecognised, but it is how a step that changed no file is stored.
        if (code === 'TAR_BAD_ARCHIVE' && data.entry === undefined) return;
        this.#problem ??= message;
      },
    });
    this.#parser.on('ignoredEntry', (entry: ReadEntry) => this.#member(entry));
    this.#parser.on('eof', () => (this.#ended = true));
  }

  /** The names of the members that begin in this chunk. @throws BaseInvalid when it is no tar. */
  read(chunk: Uint8Array): string[] {
    // What follows the end is not looked at by runtimes either, and the parser would collect it in memory.
    if (this.#ended) return [];
    this.#parser.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#check();
    const names = this.#names;
    this.#names = [];
    return names;
  }

  /** To be called after the last chunk. @throws BaseInvalid when the tar stops in the middle of a member. */
  end(): void {
    if (!this.#ended) this.#parser.end();
    this.#check();
  }

  #member(entry: ReadEntry): void {
    if (entry.meta) this.#problem ??= 'it has a header that is too large';
    else this.#names.push(entry.path);
    entry.resume();
  }

  #check(): void {
    if (this.#problem === undefined) return;
    throw invalidBase(`${this.#what} cannot be read as a tar: ${this.#problem.slice(0, SHOWN_NAME)}`);
  }
}

/** A member's name as it may stand in a message. */
export function shownName(path: string): string {
  return JSON.stringify(path.length > SHOWN_NAME ? `${path.slice(0, SHOWN_NAME)}…` : path);
}
