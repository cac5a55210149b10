/** The head of an HTTP/1.1 answer whose body has a length that is known from the start. */
export interface ResponseHead {
  readonly status: number;
  /** Lower-case names; of a header that was sent several times the values, with commas between (RFC 9110 section 5.3). */
  readonly headers: ReadonlyMap<string, string>;
  /** Bytes of the body. */
  readonly length: number;
  /** Whether the connection can be used for another request afterwards. */
  readonly keepsAlive: boolean;
}

const STATUS_LINE = /^HTTP\/1\.1 ([2-5]\d\d)(?: [^\r\n]*)?$/;
/** RFC 9110 section 5.6.2, in lower case. Each of these has one repetition: a hostile line must not take long. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** RFC 9110 section 5.5, without folded lines and control characters. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const LENGTH = /^\d{1,16}$/;

/**
 * Reads the head of an answer, strictly: whatever could be understood in two ways (RFC 9112 section 6.3), or has a body
 * whose end is not known by its length, is left to a whole HTTP client.
 * @param text in Latin-1, without the empty line at its end
 */
export function parseHead(text: string): ResponseHead | undefined {
  const [first = '', ...lines] = text.split('\r\n');
  const status = Number(STATUS_LINE.exec(first)?.[1]);
  const headers = fieldsOf(lines);
  const length = headers?.get('content-length') ?? '';
  if (Number.isNaN(status) || headers === undefined || !LENGTH.test(length)) return undefined;
  if (headers.has('transfer-encoding') || headers.has('content-encoding') || status === 204) return undefined;
  const keepsAlive = !/\bclose\b/i.test(headers.get('connection') ?? '');
  return { status, headers, length: Number(length), keepsAlive };
}

function fieldsOf(lines: readonly string[]): Map<string, string> | undefined {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (!NAME.test(name) || !VALUE.test(value)) return undefined;
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return fields;
}
