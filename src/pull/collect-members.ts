import { createHash } from 'node:crypto';
import { quoteBytes } from '../artifact/names.ts';
import { tarPadding } from '../image/tar.ts';
import type { Digest } from '../oci/digest.ts';
import { invalidImage } from './image-error.ts';
import type { Listed, Stretch } from './layer-listing.ts';
import { memberPath } from './member-path.ts';
import type { StreamInput } from './tar-inputs.ts';
import { walkTar, type Member, type TarInput } from './tar-walk.ts';

/** Members of a layer. The largest images of today have some hundred thousand files in all. */
const MAX_MEMBERS = 500_000;
/** Bytes of headers that are kept for one layer; with more, its contents cannot be compared without being fetched. */
const MAX_FRAME_BYTES = 32 * 1024 ** 2;
/** What is left of a name in a message. */
const SHOWN_BYTES = 200;

export interface Collected {
  readonly members: readonly Listed[];
  readonly strange: readonly string[];
  readonly frame: readonly Stretch[] | undefined;
}

/** What to do with a member while the input stands at its content. @returns the content's digest where it was read */
export type Visit = (member: Member, path: string) => Promise<Digest | undefined>;

export interface CollectOptions {
  readonly visit?: Visit;
  /** Whether the tar is known to end with this member, so that its end need not be looked at. */
  readonly endsAfter?: (path: string, end: number) => boolean;
  /** Reads what stands behind the last member; undefined where that is too much. */
  readonly tail?: (from: number) => Promise<Buffer | undefined>;
}

/**
 * Lists the members of a tar.
 * @param size bytes of the tar, where they are known
 * @throws ImageInvalid
 */
export async function collectMembers(
  what: string,
  input: TarInput,
  size: number | undefined,
  { visit, endsAfter, tail }: CollectOptions = {},
): Promise<Collected> {
  const collection = new Collection();
  let end: Buffer | undefined;
  try {
    for await (const member of walkTar(input)) {
      const path = memberPath(member.name);
      const digest = path === undefined ? undefined : await visit?.(member, path);
      collection.add(member, path, digest);
      if (collection.count > MAX_MEMBERS) throw new SyntaxError(`has more than ${MAX_MEMBERS} members`);
      if (path !== undefined && endsAfter?.(path, collection.end) === true)
        return collection.result(size, end);
    }
    end = await tail?.(collection.end);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw invalidImage(`${what} cannot be read as a tar: it ${error.message}`, error);
    throw error;
  }
  return collection.result(size, end);
}

class Collection {
  readonly #members: Listed[] = [];
  readonly #strange: string[] = [];
  readonly #frame: Stretch[] = [];
  #frameBytes = 0;
  count = 0;
  /** Where the next header begins. */
  end = 0;

  add(member: Member, path: string | undefined, digest: Digest | undefined): void {
    this.count += 1;
    const listed = listedOf(member, path ?? '', digest);
    if (path === undefined) this.#strange.push(quoteBytes(member.name.subarray(0, SHOWN_BYTES)));
    else this.#members.push(listed);
    this.#known(member.header);
    if (member.size > 0) this.#frame.push({ member: listed });
    this.#known(Buffer.alloc(tarPadding(member.size)));
    this.end = member.offset + member.size + tarPadding(member.size);
  }

  /** @param tail what stands behind the last member. Default: zeros */
  result(size: number | undefined, tail: Buffer | undefined): Collected {
    const left = size === undefined ? Infinity : size - this.end;
    const whole = left >= 0 && this.#frameBytes + left <= MAX_FRAME_BYTES;
    if (whole) this.#known(tail ?? Buffer.alloc(left));
    return { members: this.#members, strange: this.#strange, frame: whole ? this.#frame : undefined };
  }

  #known(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#frameBytes += bytes.length;
    if (this.#frameBytes > MAX_FRAME_BYTES) this.#frame.length = 0;
    else this.#frame.push({ bytes });
  }
}

function listedOf({ kind, size, offset, link }: Member, path: string, digest: Digest | undefined): Listed {
  const isLink = kind === 'symlink' || kind === 'hardlink';
  return {
    kind,
    path,
    size,
    offset,
    ...(digest !== undefined && { digest }),
    ...(isLink && { link: link.subarray(0, SHOWN_BYTES).toString('utf8') }),
  };
}

/** Hashes the contents that a stream passes by. */
export function hashing(input: StreamInput): Visit {
  return async ({ kind, size }) => {
    if (kind !== 'file') return undefined;
    const hash = createHash('sha256');
    let left = size;
    for await (const piece of input.pass(size)) {
      hash.update(piece);
      left -= piece.length;
    }
    if (left > 0) throw new SyntaxError('ends in the middle of a member');
    return `sha256:${hash.digest('hex')}`;
  };
}
