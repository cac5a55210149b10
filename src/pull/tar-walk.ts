import { tarPadding } from '../image/tar.ts';
import {
  BLOCK_BYTES,
  isZeroBlock,
  readHeader,
  readPax,
  readPaxSize,
  type HeaderFields,
} from './tar-fields.ts';

/** A tar that is read from front to back. */
export interface TarInput {
  /** Bytes that were taken or skipped. */
  readonly position: number;
  /** The next bytes; fewer only at the end. What is returned may be kept. */
  take(count: number): Promise<Buffer>;
  /** Passes over bytes, which need not all be there. */
  skip(count: number): Promise<void>;
}

export type MemberKind = 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';

/** A member of a tar. */
export interface Member {
  readonly kind: MemberKind;
  /** As it is written. */
  readonly name: Buffer;
  /** Where a link leads, as it is written. */
  readonly link: Buffer;
  /** Bytes of content. */
  readonly size: number;
  /** Its first byte of content in the tar. */
  readonly offset: number;
  /** All header blocks, those in front of the member's own among them. */
  readonly header: Buffer;
}

/** What readers of archives accept of a header that holds a name or PAX records (Go's archive/tar: 1 MiB). */
const MAX_META_BYTES = 1024 ** 2;

const KINDS: Readonly<Record<string, MemberKind>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
};
/** Links, devices, directories and FIFOs have no content, whatever their size says: so reads Go, and with it containerd. */
const WITHOUT_CONTENT = '123456';

/** What comes in front of a member and is about it. */
interface Meta {
  name?: Buffer;
  link?: Buffer;
  size?: number;
  sparse?: boolean;
  readonly blocks: Buffer[];
}

/**
 * The members of a tar in its order. Contents are passed over: whoever wants one takes it from the input before asking
 * on; at most `size` bytes.
 * @param onPadding called with what stands between a content and the next header, which need not be zeros
 * @throws SyntaxError for what is no tar: its message ends a sentence that begins with "it"
 */
export async function* walkTar(
  input: TarInput,
  onPadding?: (bytes: Buffer) => void,
): AsyncGenerator<Member, undefined> {
  let meta: Meta = { blocks: [] };
  for (;;) {
    const block = await input.take(BLOCK_BYTES);
    // An archive ought to end with two blocks of zeros; readers make do with one, or with none.
    if (block.length === 0 && meta.blocks.length === 0) return;
    if (block.length < BLOCK_BYTES) throw new SyntaxError('ends in the middle of a header');
    if (isZeroBlock(block)) return;
    meta.blocks.push(block);
    const fields = readHeader(block);
    if (await readMeta(input, fields, meta)) continue;
    const member = memberOf(fields, meta, input.position);
    meta = { blocks: [] };
    const padding = tarPadding(member.size);
    yield member;
    await input.skip(member.offset + member.size - input.position);
    const passed = await input.take(padding);
    if (passed.length < padding) throw new SyntaxError('ends in the middle of a member');
    onPadding?.(passed);
  }
}

/** Takes in a header that is about the member behind it. @returns false where it is a member's own */
async function readMeta(input: TarInput, { type, size }: HeaderFields, meta: Meta): Promise<boolean> {
  // GNU's old form for files with holes has further headers, of which only readers that know it know the number.
  if (type === 'S') throw new SyntaxError('has a file with holes in a form that only GNU tar reads');
  if (!['x', 'g', 'L', 'K'].includes(type)) return false;
  if (size > MAX_META_BYTES) throw new SyntaxError(`has a header of ${size} bytes`);
  const padded = size + tarPadding(size);
  const content = await input.take(padded);
  if (content.length < padded) throw new SyntaxError('ends in the middle of a header');
  meta.blocks.push(content);
  if (meta.blocks.reduce((sum, { length }) => sum + length, 0) > 4 * MAX_META_BYTES)
    throw new SyntaxError('has too many headers in front of one member');
  const value = content.subarray(0, size);
  if (type === 'L') meta.name = untilNul(value);
  else if (type === 'K') meta.link = untilNul(value);
  else if (type === 'x') applyPax(readPax(value), meta);
  // What a global header says (a commit, a comment) is passed over, as Go does.
  return true;
}

function applyPax(records: ReadonlyMap<string, Buffer>, meta: Meta): void {
  const [name, link, size] = [records.get('path'), records.get('linkpath'), records.get('size')];
  if (name !== undefined) meta.name = name;
  if (link !== undefined) meta.link = link;
  if (size !== undefined) meta.size = readPaxSize(size);
  // A file with holes: what stands in the archive is not what the file holds.
  meta.sparse = [...records.keys()].some((key) => key.startsWith('GNU.sparse.'));
}

function memberOf({ type, name, link, size }: HeaderFields, meta: Meta, offset: number): Member {
  const named = meta.name ?? name;
  const kind = KINDS[type] ?? 'other';
  const isDirectory = kind === 'file' && named.at(-1) === 0x2f;
  return {
    kind: meta.sparse === true ? 'other' : isDirectory ? 'directory' : kind,
    name: named,
    link: meta.link ?? link,
    size: WITHOUT_CONTENT.includes(type) ? 0 : (meta.size ?? size),
    offset,
    header: Buffer.concat(meta.blocks),
  };
}

function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}
