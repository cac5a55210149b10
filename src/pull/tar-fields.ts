/** The fields of a tar's headers, as strangers write them: USTAR, GNU's and PAX's. Pure: bytes in, values out. */

export const BLOCK_BYTES = 512;

/** What a header block says. */
export interface HeaderFields {
  /** One character; NUL is what tar wrote before USTAR. */
  readonly type: string;
  readonly name: Buffer;
  readonly link: Buffer;
  /** Bytes. */
  readonly size: number;
}

/** @throws SyntaxError whose message ends a sentence that begins with "it". */
export function readHeader(block: Buffer): HeaderFields {
  if (!sumIsRight(block)) throw new SyntaxError('has a header with a wrong checksum');
  const prefix = isUstar(block) ? text(block, 345, 155) : Buffer.alloc(0);
  const name = text(block, 0, 100);
  return {
    type: String.fromCharCode(block.readUInt8(156)),
    name: prefix.length > 0 ? Buffer.concat([prefix, Buffer.from('/'), name]) : name,
    link: text(block, 157, 100),
    size: readNumber(block.subarray(124, 136)),
  };
}

export function isZeroBlock(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/** GNU's own magic is `ustar` and two blanks, and has other fields where USTAR has the prefix. */
function isUstar(block: Buffer): boolean {
  return block.toString('latin1', 257, 263) === 'ustar\0';
}

/** Up to the first NUL. */
function text(block: Buffer, from: number, length: number): Buffer {
  const field = block.subarray(from, from + length);
  const end = field.indexOf(0);
  return Buffer.from(end < 0 ? field : field.subarray(0, end));
}

/** Some old programs summed signed bytes, and readers take both. */
function sumIsRight(block: Buffer): boolean {
  const stored = /^[ \0]*([0-7]+)[ \0]*$/.exec(block.toString('latin1', 148, 156))?.[1];
  if (stored === undefined) return false;
  let [unsigned, signed] = [0, 0];
  for (let index = 0; index < BLOCK_BYTES; index += 1) {
    const isOwn = index >= 148 && index < 156;
    unsigned += isOwn ? 0x20 : block.readUInt8(index);
    signed += isOwn ? 0x20 : block.readInt8(index);
  }
  const sum = Number.parseInt(stored, 8);
  return sum === unsigned || sum === signed;
}

/** Octal digits or, where the first bit is set, base 256 as GNU writes it. */
function readNumber(field: Buffer): number {
  const first = field.readUInt8(0);
  if ((first & 0x80) !== 0) return base256(first, field);
  const digits = /^[ \0]*([0-7]*)[ \0]*$/.exec(field.toString('latin1'))?.[1];
  if (digits === undefined) throw new SyntaxError('has a header with a size that is no number');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function base256(first: number, field: Buffer): number {
  const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, first & 0x7f);
  // With the second bit it is negative.
  if ((first & 0x40) !== 0 || !Number.isSafeInteger(value))
    throw new SyntaxError('has a member with a size that cannot be');
  return value;
}

/** The records `LENGTH key=value\n` of a PAX header (POSIX.1-2001, pax). @throws SyntaxError */
export function readPax(content: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < content.length;) {
    const blank = content.indexOf(0x20, at);
    const digits = blank < 0 ? '' : content.toString('latin1', at, blank);
    const end = /^[1-9]\d{0,8}$/.test(digits) ? at + Number(digits) : NaN;
    const equals = content.indexOf(0x3d, blank);
    const whole = end <= content.length && equals > blank && equals < end && content[end - 1] === 0x0a;
    if (!whole) throw new SyntaxError('has a PAX header that cannot be understood');
    records.set(content.toString('utf8', blank + 1, equals), content.subarray(equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** A size in a PAX record: decimal digits. @throws SyntaxError */
export function readPaxSize(value: Buffer): number {
  const digits = value.toString('latin1');
  const size = /^\d{1,16}$/.test(digits) ? Number(digits) : NaN;
  if (!Number.isSafeInteger(size)) throw new SyntaxError('has a member with a size that cannot be');
  return size;
}
