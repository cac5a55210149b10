import { open, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import { systemCode } from '../errors.ts';
import type { Intervals } from './intervals.ts';

/** A line is written for every few megabytes, so this is a part of many terabytes. */
const MAX_BYTES = 64 * 1024 ** 2;

const LINE = /^(\d{1,16}) (\d{1,16})$/;

/**
 * Which bytes of a partial file are there: a line `FROM TO` for each stretch. It is a hint, and not synced: what is
 * taken from an earlier process is read again and held to its digest.
 */
export class Journal {
  readonly #path: string;
  #file: Promise<FileHandle> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Adds what an earlier process noted down of a file of `length` bytes. */
  async load(into: Intervals, length: number): Promise<void> {
    for (const line of (await this.#read()).split('\n')) {
      const [, from, to] = LINE.exec(line) ?? [];
      if (from !== undefined && to !== undefined && Number(to) <= length) into.add(Number(from), Number(to));
    }
  }

  async note(from: number, to: number): Promise<void> {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    this.#file ??= open(this.#path, flags, 0o600);
    await (await this.#file).appendFile(`${from} ${to}\n`);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await (await file)?.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }

  async #read(): Promise<string> {
    try {
      const { size } = await stat(this.#path);
      return size > MAX_BYTES ? '' : await readFile(this.#path, 'latin1');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return '';
      throw error;
    }
  }
}
