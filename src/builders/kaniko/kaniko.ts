import type { Builder } from '../builder.ts';
import { files } from './files.ts';
import { podSpec } from './pod-spec.ts';
import { result } from './result.ts';

/**
 * Kaniko in a pod: https://github.com/chainguard-forks/kaniko. It copies the model, writes a layer of all of it, and
 * sends that. It does not say how far it is.
 */
export const kanikoBuilder: Builder = { podSpec, files, progress: undefined, uploads: undefined, result };
