import type { ErrorCode, StowageError } from '../errors.ts';

/** What a script may rely on. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Refused before anything ran, because the call, or the declaration for this machine, is wrong. */
const USAGE: ReadonlySet<ErrorCode> = new Set([
  'UsageInvalid',
  'DeclarationInvalid',
  'SpecImmutable',
  'NodeMismatch',
  'StorageUnsupported',
  'ObjectNotFound',
  'KubeconfigInvalid',
] satisfies ErrorCode[]);

export function exitCodeOf(error: StowageError): number {
  if (error.code === 'Cancelled') return EXIT.interrupted;
  return USAGE.has(error.code) ? EXIT.usage : EXIT.failed;
}
