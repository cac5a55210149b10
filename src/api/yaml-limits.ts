import { Lexer, Parser, type CST } from 'yaml';
import { StowageError } from '../errors.ts';
import { printable } from './printable.ts';

/** A declaration is written by hand or by a small program; more than this is something else. */
const MAX_BYTES = 1024 * 1024;

/** Our deepest field, in a List, is at 7. Composing and reading a document are recursive. */
const MAX_DEPTH = 32;

/** How many of each a file may hold. */
const LIMITS = {
  /** About a thousand objects. Time and memory go by tokens, not by bytes: 1 MiB of "," takes ten seconds. */
  tokens: 100_000,
  documents: 100,
  /** Costs a walk through the document, and repeats what it stands for, other aliases included. */
  aliases: 100,
  /** With aliases written out; without them there are fewer values than tokens. */
  values: 100_000,
};

/** What reading a file may still cost. */
export class Budget {
  readonly #file: string;
  readonly #spent = { tokens: 0, documents: 0, aliases: 0, values: 0 };

  constructor(file: string) {
    this.#file = printable(file);
  }

  /** @throws DeclarationInvalid */
  spend(what: keyof typeof LIMITS): void {
    if (++this.#spent[what] > LIMITS[what]) throw this.#excess(`more than ${LIMITS[what]} YAML ${what}`);
  }

  /** @throws DeclarationInvalid */
  allowDepth(levels: number): void {
    if (levels > MAX_DEPTH) throw this.#excess(`more than ${MAX_DEPTH} levels of nesting`);
  }

  /** @throws DeclarationInvalid */
  allowBytes(bytes: number): void {
    if (bytes > MAX_BYTES) throw this.#excess(`more than ${MAX_BYTES} bytes`);
  }

  #excess(what: string): StowageError {
    return new StowageError('DeclarationInvalid', `${this.#file} holds ${what}`, {
      hint: 'No declaration needs that many: look for a mistake, or split the file.',
    });
  }
}

/**
 * Parses a text into YAML's concrete syntax, within the budget.
 * @param onNewLine is given the offset of each line's start
 * @throws DeclarationInvalid
 */
export function* boundedTokens(
  text: string,
  budget: Budget,
  onNewLine: (offset: number) => void,
): Generator<CST.Token> {
  budget.allowBytes(Buffer.byteLength(text));
  const parser = new Parser(onNewLine);
  onNewLine(0);
  for (const token of new Lexer().lex(text)) {
    budget.spend('tokens');
    yield* parser.next(token);
    budget.allowDepth(parser.stack.length);
  }
  yield* parser.end();
}
