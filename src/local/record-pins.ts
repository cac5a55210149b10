import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { systemCode } from '../errors.ts';
import { atomicWrite, writeError } from '../files/atomic-write.ts';
import { withLock } from '../files/lock.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import type { Pin, RecordPins } from '../record/pins.ts';

/** The oldest are dropped above it; one has 350 bytes. */
const MAX_PINS = 500;
/** A file that we did not write need not be read. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const WRITABLE_BY_OTHERS = 0o022;
/** It is held for milliseconds. */
const LOCK_WAIT_MS = 10_000;

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value));

const Pins = z.object({
  version: z.literal(1),
  pins: z.array(z.object({ repository: z.string(), image: digest, record: digest, storage: z.string() })),
});

/**
 * Which records this machine has made, in one file for its owner alone: who could write to it could make a build take
 * other bytes for those of its source.
 */
export class PinFile implements RecordPins {
  readonly #path: string;

  /** @param state the state directory */
  constructor(state: string) {
    this.#path = join(state, 'records.json');
  }

  async list(): Promise<readonly Pin[]> {
    try {
      const { size, mode, uid } = await stat(this.#path);
      const isOurs = uid === process.getuid?.() && (mode & WRITABLE_BY_OTHERS) === 0;
      if (!isOurs || size > MAX_FILE_BYTES) return [];
      return Pins.parse(JSON.parse(await readFile(this.#path, 'utf8'))).pins;
    } catch {
      return [];
    }
  }

  async add(pin: Pin): Promise<void> {
    try {
      await withLock(`${this.#path}.lock`, { waitMs: LOCK_WAIT_MS, what: this.#path }, () => this.#add(pin));
    } catch (error) {
      throw systemCode(error) === undefined ? error : writeError(error, this.#path, 'StateUnusable');
    }
  }

  async #add(pin: Pin): Promise<void> {
    const before = await this.list();
    const pins = [pin, ...before.filter((each) => !takesPlaceOf(pin, each))].slice(0, MAX_PINS);
    await atomicWrite(this.#path, JSON.stringify({ version: 1, pins }), 0o600);
  }
}

/** An image has one record for each storage that it was built from. */
function takesPlaceOf(pin: Pin, other: Pin): boolean {
  return pin.repository === other.repository && pin.image === other.image && pin.storage === other.storage;
}
