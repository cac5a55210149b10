import { createHash } from 'node:crypto';
import { quoteBytes } from '../artifact/names.ts';
import { tarPadding } from '../image/tar.ts';
import type { Digest } from '../oci/digest.ts';
import { invalidImage } from './image-error.ts';
import type { Listed, Stretch } from './layer-listing.ts';
import type { ListingBudget } from './listing-budget.ts';
import { memberPath } from './member-path.ts';
import type { StreamInput } from './tar-inputs.ts';
import { walkTar, type Member, type TarInput } from './tar-walk.ts';

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
  readonly budget: ListingBudget;
  readonly visit?: Visit;
  /** Whether the tar is known to end with this member and as ours do, so that its end need not be looked at. */
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
  options: CollectOptions,
): Promise<Collected> {
  try {
    return await collect(new Collection(options.budget), input, size, options);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw invalidImage(`${what} cannot be read as a tar: it ${error.message}`, error);
    throw error;
  }
}

async function collect(
  collection: Collection,
  input: TarInput,
  size: number | undefined,
  { visit, endsAfter, tail }: CollectOptions,
): Promise<Collected> {
  const onPadding = (bytes: Buffer): void => collection.padding(bytes);
  for await (const member of walkTar(input, onPadding)) {
    const path = memberPath(member.name);
    const digest = path === undefined ? undefined : await visit?.(member, path);
    collection.add(member, path, digest);
    const end = member.offset + member.size + tarPadding(member.size);
    if (path === undefined || endsAfter?.(path, end) !== true) continue;
    onPadding(Buffer.alloc(tarPadding(member.size)));
    return collection.result(Buffer.alloc((size ?? end) - end));
  }
  return collection.result(size === undefined ? undefined : await tail?.(collection.end));
}

class Collection {
  readonly #budget: ListingBudget;
  readonly #members: Listed[] = [];
  readonly #strange: string[] = [];
  /** undefined: it would be too large. */
  #frame: Stretch[] | undefined = [];
  /** Where the next header begins. */
  end = 0;

  constructor(budget: ListingBudget) {
    this.#budget = budget;
  }

  add(member: Member, path: string | undefined, digest: Digest | undefined): void {
    const listed = listedOf(member, path ?? '', digest);
    this.#budget.takeMember((path ?? '').length + Buffer.byteLength(listed.link ?? ''));
    if (path === undefined) this.#strange.push(quoteBytes(member.name.subarray(0, SHOWN_BYTES)));
    else this.#members.push(listed);
    this.#known(member.header);
    if (member.size > 0) this.#frame?.push({ member: listed });
    this.end = member.offset + member.size;
  }

  /** What stands behind a member's content, up to the next block. */
  padding(bytes: Buffer): void {
    this.#known(bytes);
    this.end += bytes.length;
  }

  /** @param tail what stands behind the last member; undefined where that is not known */
  result(tail: Buffer | undefined): Collected {
    if (tail === undefined) this.#drop();
    else this.#known(tail);
    return { members: this.#members, strange: this.#strange, frame: this.#frame };
  }

  #known(bytes: Buffer): void {
    if (bytes.length === 0 || this.#frame === undefined) return;
    if (this.#budget.takePiece(bytes.length)) this.#frame.push({ bytes });
    else this.#drop();
  }

  #drop(): void {
    for (const stretch of this.#frame ?? [])
      if ('bytes' in stretch) this.#budget.givePiece(stretch.bytes.length);
    this.#frame = undefined;
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
