import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Socket } from 'node:net';

/** What a request is for: the requests of an upload by their method, the others by what they are about. */
export type Step =
  | 'POST'
  | 'PATCH'
  | 'PUT'
  | 'GET'
  | 'DELETE'
  | 'blob HEAD'
  | 'blob GET'
  | 'manifest GET'
  | 'manifest PUT'
  | 'referrers'
  | 'token'
  | 'other';

/** What goes wrong with one request. */
export type Fault =
  /** An error answer; with `early` before the body is read, with `done` after the work was done all the same. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** A distribution-spec error document is made of these; `body` is sent as it is. */
      readonly code?: string;
      readonly message?: string;
      readonly body?: string;
      readonly early?: boolean;
      readonly done?: boolean;
    }
  /** The connection is reset after so many bytes of the body; with `done` after the work was done, without an answer. */
  | { readonly kind: 'reset'; readonly afterBytes: number; readonly done?: boolean }
  /** Nothing is read and nothing is said until the client goes away. */
  | { readonly kind: 'stall' }
  /** The body is read with a pause of so many milliseconds after each piece. */
  | { readonly kind: 'slow'; readonly pause: number }
  /** One byte is stored wrongly; the answer tells the digest of what is stored. */
  | { readonly kind: 'corrupt' }
  | { readonly kind: 'redirect'; readonly to: string; readonly status?: number }
  /** The answer has this Location instead of its own. */
  | { readonly kind: 'location'; readonly to: string };

/** Faults that are still to happen, in the order they were asked for. */
export class FaultList {
  readonly #waiting: { step: Step; fault: Fault; times: number }[] = [];

  add(step: Step, fault: Fault, times: number): void {
    this.#waiting.push({ step, fault, times });
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  next(step: Step): Fault | undefined {
    const entry = this.#waiting.find((each) => each.step === step && each.times > 0);
    if (entry !== undefined) entry.times -= 1;
    return entry?.fault;
  }
}

/** Who follows the reading of a body. */
interface Reading {
  readonly onBytes: (bytes: number) => void;
  /** Gets what was read of a body whose connection goes, before the client can know of it. */
  readonly onBroken: (bytes: Buffer) => void;
}

/** Reads a request's body as the fault says. @returns undefined when the connection is gone. */
export async function readBody(
  request: IncomingMessage,
  fault: Fault | undefined,
  { onBytes, onBroken }: Reading,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  const resetAt = fault?.kind === 'reset' && fault.done !== true ? fault.afterBytes : Infinity;
  let [size, broken] = [0, false];
  const breakOff = (): void => {
    if (!broken) onBroken(Buffer.concat(chunks).subarray(0, resetAt));
    broken = true;
    reset(request.socket);
  };
  if (resetAt === 0) breakOff();
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      onBytes(chunk.length);
      if (size >= resetAt) breakOff();
      if (broken) return undefined;
      await pauseOf(fault);
    }
  } catch {
    breakOff();
  }
  if (resetAt < Infinity) breakOff();
  return broken ? undefined : Buffer.concat(chunks);
}

async function pauseOf(fault: Fault | undefined): Promise<void> {
  if (fault?.kind === 'slow') await delay(fault.pause);
}

export function reset(socket: Socket): void {
  socket.resetAndDestroy();
}

/** Answers with what a `status` or `redirect` fault says. */
export function answerFault(response: ServerResponse, fault: Fault): void {
  if (fault.kind === 'redirect') {
    response.writeHead(fault.status ?? 307, { location: fault.to, 'content-length': '0' }).end();
  } else if (fault.kind === 'status') {
    const errors = [{ code: fault.code ?? 'UNKNOWN', message: fault.message ?? 'scripted', detail: null }];
    const body = fault.body ?? JSON.stringify({ errors });
    response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(body);
  }
}
