import { z } from 'zod';
import { ModelVersionStatus } from '../api/status.ts';
import { ERROR_CODES, StowageError, type ErrorCode } from '../errors.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import type { BuildSummary } from './builder.ts';
import { MAX_MESSAGE_BYTES } from './in-pod/termination-message.ts';

/** A registry that asks for more than an hour is asked sooner: nobody would look at the build by then. */
const MAX_RETRY_AFTER_MS = 3_600_000;

const { bytes, model } = ModelVersionStatus.shape;
const whole = z.int().nonnegative();

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value));

const Message = z.union([
  z.object({
    checked: z.object({ image: z.string().min(1), bytes: whole, model: model.unwrap() }),
  }),
  z.object({
    summary: z.object({
      image: z.string().min(1),
      digest,
      size: whole,
      bytes: bytes.unwrap(),
      model: model.unwrap(),
      record: digest.exactOptional(),
      seconds: z.number().nonnegative(),
    }),
  }),
  z.object({
    error: z.object({
      code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
      message: z.string(),
      hint: z.string().optional(),
      retryable: z.boolean(),
      retryAfter: z.number().nonnegative().max(MAX_RETRY_AFTER_MS).optional(),
    }),
  }),
]);

/** Nothing stands in the way of an image: where it goes, with its tag, and the bytes of the model's files. */
export interface CheckedMessage extends Required<Pick<BuildSummary, 'image' | 'model'>> {
  readonly bytes: number;
}

/** What a container of ours said at its end. */
export type PodMessage =
  | { readonly summary: BuildSummary }
  | { readonly checked: CheckedMessage }
  | { readonly error: StowageError };

/**
 * Reads what a container of ours said at its end. Whoever may write to the pod's namespace can have a pod say anything, so
 * nothing is believed but its form, and secrets are removed again.
 * @returns undefined where it is not a builder's message
 */
export function readMessage(text: string): PodMessage | undefined {
  if (Buffer.byteLength(text) > MAX_MESSAGE_BYTES) return undefined;
  const message = Message.safeParse(parsed(text)).data;
  if (message === undefined) return undefined;
  if (!('error' in message)) return message;
  const { code, message: what, hint, retryable, retryAfter } = message.error;
  return {
    error: new StowageError(code, what, {
      retryable,
      ...(hint === undefined ? {} : { hint }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
