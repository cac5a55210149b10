/** What the headers of an upload say of bytes (distribution-spec, "Pushing a blob in chunks"). */

/** No blob is as large: a number with more digits is nonsense. */
const MAX_DIGITS = 15;

/**
 * The number of bytes that a registry has of an upload, by the Range that it answers: `0-99` is 100. `0-0` says one
 * byte, but registries say it of an upload without any as well; so it is taken for none.
 * @returns undefined where it says nothing that can be understood
 */
export function offsetIn(range: string | undefined): number | undefined {
  // Some write it as in a request: "bytes=0-99".
  const last = /^(?:bytes[= ])?0-(\d+)$/.exec(range?.trim() ?? '')?.[1];
  if (last === undefined || last.length > MAX_DIGITS) return undefined;
  return Number(last) === 0 ? 0 : Number(last) + 1;
}

/** `100-199` for 100 bytes from byte 100 on; this Content-Range is not the one of RFC 9110. */
export function contentRange(from: number, length: number): string {
  return `${from}-${from + length - 1}`;
}

/** The bytes that a registry wants each chunk but the last to have at least; undefined where it wants nothing. */
export function minChunkIn(header: string | undefined): number | undefined {
  const digits = /^\s*(\d+)\s*$/.exec(header ?? '')?.[1];
  if (digits === undefined || digits.length > MAX_DIGITS || Number(digits) === 0) return undefined;
  return Number(digits);
}
