/**
 * The bytes of our tar headers. They are a contract: the same files give the same layer digests on every machine
 * and with every version, so a change here changes every image's digest.
 *
 * The format is USTAR (POSIX.1-1988), which every reader of image layers knows. It is left in two cases only:
 * a size that 11 octal digits cannot hold is written the GNU way, base 256 (readers that do not know a PAX size
 * lose their place in the archive, and not one of those we tried fails on this one), and a name that does not fit
 * name and prefix is preceded by a PAX header.
 */
export type TarEntry =
  | { readonly type: 'file'; readonly path: string; readonly size: number }
  | { readonly type: 'directory'; readonly path: string }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string };

/** Two blocks of zeros end an archive. */
export const TAR_END_BYTES = 1024;

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const SLASH = 0x2f;
/** The first size that 11 octal digits cannot hold: 8 GiB. */
const FIRST_BASE_256_SIZE = 8 ** 11;
/** PAX headers need a name of their own, which only readers that know no PAX ever use. Fixed: usual ones hold a process id. */
const PAX_NAME = 'PaxHeaders';

const TYPE_FLAGS = { file: '0', symlink: '2', directory: '5', pax: 'x' } as const;
const MODES = { file: 0o644, symlink: 0o777, directory: 0o755, pax: 0o644 } as const;

interface Fields {
  readonly type: keyof typeof TYPE_FLAGS;
  readonly prefix: Uint8Array;
  readonly name: Uint8Array;
  readonly size: number;
  readonly target: Uint8Array;
}

/**
 * What stands in the archive before a member's content: 512 bytes, or a whole PAX header in front of them where a
 * name is too long for USTAR. Paths are written as they are, in UTF-8; a directory's path is given without the `/`
 * that its name ends in.
 */
export function tarHeader(entry: TarEntry): Buffer {
  const path = Buffer.from(entry.type === 'directory' ? `${entry.path}/` : entry.path);
  const target = Buffer.from(entry.type === 'symlink' ? entry.target : '');
  const split = splitName(path);
  const block = headerBlock({
    type: entry.type,
    prefix: split?.prefix ?? Buffer.alloc(0),
    name: split?.name ?? path.subarray(0, NAME_BYTES),
    size: entry.type === 'file' ? entry.size : 0,
    target: target.subarray(0, NAME_BYTES),
  });
  const records = [
    ...(split === undefined ? [paxRecord('path', path)] : []),
    ...(target.length > NAME_BYTES ? [paxRecord('linkpath', target)] : []),
  ];
  return records.length === 0 ? block : Buffer.concat([paxHeader(Buffer.concat(records)), block]);
}

/** The zeros that follow content of `size` bytes, so that the next header starts on a block: 0 to 511. */
export function tarPadding(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}

/**
 * Parts a path at a slash into a prefix of at most 155 bytes and a name of at most 100; undefined where no slash
 * allows it. Like GNU tar it takes the last slash that will do. The slash a directory's name ends in stays with it.
 */
function splitName(path: Buffer): { prefix: Buffer; name: Buffer } | undefined {
  if (path.length <= NAME_BYTES) return { prefix: Buffer.alloc(0), name: path };
  const slash = path.lastIndexOf(SLASH, Math.min(PREFIX_BYTES, path.length - 2));
  if (slash <= 0 || path.length - slash - 1 > NAME_BYTES) return undefined;
  return { prefix: path.subarray(0, slash), name: path.subarray(slash + 1) };
}

function headerBlock({ type, prefix, name, size, target }: Fields): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.set(name, 0);
  writeOctal(block, MODES[type], 100, 8);
  writeOctal(block, 0, 108, 8); // uid
  writeOctal(block, 0, 116, 8); // gid
  writeSize(block, size);
  writeOctal(block, 0, 136, 12); // mtime
  block.fill(' ', 148, 156); // the checksum is taken with its own field blank
  block.write(TYPE_FLAGS[type], 156);
  block.set(target, 157);
  block.write('ustar\0' + '00', 257); // user and group names stay empty
  writeOctal(block, 0, 329, 8); // device numbers
  writeOctal(block, 0, 337, 8);
  block.set(prefix, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function writeOctal(block: Buffer, value: number, offset: number, width: number): void {
  block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset);
}

function writeSize(block: Buffer, size: number): void {
  if (size < FIRST_BASE_256_SIZE) {
    writeOctal(block, size, 124, 12);
  } else {
    block.writeUInt8(0x80, 124);
    block.writeBigUInt64BE(BigInt(size), 128);
  }
}

function paxHeader(records: Buffer): Buffer {
  const none = Buffer.alloc(0);
  const name = Buffer.from(PAX_NAME);
  const block = headerBlock({ type: 'pax', prefix: none, name, size: records.length, target: none });
  return Buffer.concat([block, records, Buffer.alloc(tarPadding(records.length))]);
}

/** `LENGTH key=value\n`, where LENGTH counts the whole record, its own digits too (POSIX.1-2001, pax). */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}
