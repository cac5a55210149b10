import type { Command } from 'commander';
import type { PodCall } from '../builders/in-pod/run-in-pod.ts';

/** Options of the verbs that containers of builder pods run. */
export interface PodOptions {
  readonly within?: string;
  readonly to: string;
  readonly base?: string;
  readonly overwrite?: boolean;
  readonly maxBytes?: number;
  readonly plainHttp: readonly string[];
  readonly secrets: string;
  readonly pushSecret: readonly string[];
}

/** A verb for pods only, so no help and no page speaks of it. */
export function podVerb(program: Command, name: string): Command {
  return program
    .command(name, { hidden: true })
    .argument('<dir>', 'where the model is mounted')
    .option('--within <dir>', 'where <dir> must lie, whatever links lead there')
    .requiredOption('--to <ref>', 'where the image goes')
    .option('--base <ref>', 'image to put the model on top of')
    .option('--overwrite', 'let the tag move')
    .option('--max-bytes <n>', 'refuse a model that is larger', Number)
    .option('--plain-http <host>', 'a registry that is spoken to without TLS; may be repeated', added, [])
    .requiredOption('--secrets <dir>', 'where the Secrets are mounted')
    .option('--push-secret <name>', 'a Secret that must be there; may be repeated', added, []);
}

function added(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

export function podCall(directory: string, options: PodOptions): PodCall {
  const { within, to, base, overwrite = false, maxBytes, plainHttp, secrets, pushSecret } = options;
  return { directory, within, to, base, overwrite, maxBytes, plainHttp, secrets, pushSecrets: pushSecret };
}
