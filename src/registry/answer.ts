import type { Dispatcher } from 'undici';
import { StowageError } from '../errors.ts';
import { unreachable } from './unreachable.ts';

/** What comes after the head of an answer. It is read once. */
export interface Body extends AsyncIterable<Uint8Array> {
  /** Lets go of it: reads so many bytes at most, or closes the connection. */
  dump(options: { limit: number }): Promise<void>;
}

/** What a server answered. Its body must be read or discarded, else the connection is held. */
export interface Answer {
  readonly status: number;
  /** The address that answered, after redirects. */
  readonly url: URL;
  /** A header's value; a header that was sent several times is a list (RFC 9110 section 5.3). */
  header(name: string): string | undefined;
  readonly body: Body;
  /** After a 401 to a body that cannot be sent again: there is another token now, so a new try has a chance. */
  readonly renewed?: boolean;
}

export function answerOf(url: URL, response: Dispatcher.ResponseData): Answer {
  const header = (name: string): string | undefined => {
    const value = response.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  return { status: response.statusCode, url, header, body: response.body };
}

export function isSuccess(answer: Answer): boolean {
  return answer.status >= 200 && answer.status < 300;
}

/** Lets go of an answer whose body does not matter; a small body is read, so that the connection can be used again. */
export async function discard(answer: Answer): Promise<void> {
  try {
    await answer.body.dump({ limit: 64 * 1024 });
  } catch {
    // What mattered was the status; a connection that breaks now is not used again.
  }
}

/**
 * Reads a body that ought to be small.
 * @param limit bytes; more is refused.
 * @param what names the document in messages.
 * @throws RegistryFailed when there is more; RegistryUnreachable or Timeout when it ends early.
 */
export async function readAtMost(answer: Answer, limit: number, what: string): Promise<Buffer> {
  const { bytes, rest } = await readUpTo(answer, limit);
  if (rest) throw new StowageError('RegistryFailed', `${what} has more than ${limit} bytes`);
  return bytes;
}

/** Reads the first `limit` bytes of a body and lets go of the rest. */
export async function readUpTo(answer: Answer, limit: number): Promise<{ bytes: Buffer; rest: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) break;
    }
  } catch (error) {
    throw unreachable(error, answer.url);
  }
  return { bytes: Buffer.concat(chunks).subarray(0, limit), rest: size > limit };
}
