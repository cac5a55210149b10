import type { Builder } from '../builder.ts';
import { podSpec } from './pod-spec.ts';
import { progress } from './progress.ts';
import { result } from './result.ts';
import { uploads } from './uploads.ts';

/** The engine of `pack` in a pod: each byte is read once, on the node that has it, and sent while it is read. */
export const streamBuilder = { podSpec, files: () => undefined, progress, uploads, result } satisfies Builder;
