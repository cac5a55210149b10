import { constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { asStowageError, StowageError } from '../../errors.ts';
import type { OpenOptions } from '../../pack/open-target.ts';
import { progressJson } from '../../telemetry/progress-json.ts';
import type { Progress } from '../../telemetry/progress.ts';
import { modelDirectory } from './model-directory.ts';
import { AUTHORITIES_VARIABLE, NAMESPACE_VARIABLE } from './places.ts';
import { credentialFiles } from './push-secrets.ts';
import { failureMessage } from './termination-message.ts';

/** What the arguments of a container of ours say. */
export interface PodCall {
  readonly directory: string;
  /** Where `directory` must lie, whatever links lead there; undefined: anywhere. */
  readonly within: string | undefined;
  readonly to: string;
  readonly base: string | undefined;
  readonly overwrite: boolean;
  /** Bytes that the model may have. */
  readonly maxBytes: number | undefined;
  /** `host[:port]` of registries without TLS. */
  readonly plainHttp: readonly string[];
  /** Where the Secrets are mounted. */
  readonly secrets: string;
  /** Names of the Secrets that must be there. */
  readonly pushSecrets: readonly string[];
}

/** What it touches besides the model and the registry. */
export interface PodSurroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Takes JSON lines: progress, and at the end what was done, or the error. */
  readonly out: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** Where the model lies, once that is known, and how the registry is spoken to. */
export interface Found {
  readonly directory: string;
  readonly open: OpenOptions;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What was done: the last line of the log, for people, and the termination message, for the controller. */
export interface Ending {
  readonly line: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** Where the kubelet reads a container's last words, unless the environment says otherwise. */
const TERMINATION_LOG = '/dev/termination-log';

/**
 * Does the work of a container and says what became of it. An error is a result.
 * @returns whether it was done
 */
export async function runInPod(
  call: PodCall,
  { env, out, signal }: PodSurroundings,
  work: (found: Found) => Promise<Ending>,
): Promise<boolean> {
  // A log that stays empty until a slow registry has answered looks as if nothing had started.
  out.write(`${JSON.stringify({ event: 'started', target: call.to })}\n`);
  const [done, ending] = await find(call, { env, out, signal })
    .then(work)
    .then((made) => [true, made] as const)
    .catch((thrown: unknown) => [false, failure(thrown)] as const);
  out.write(`${JSON.stringify(ending.line)}\n`);
  // The kubelet has made the file. Where it is not there, this is no pod, and no such file should be made.
  const flag = constants.O_WRONLY | constants.O_TRUNC;
  await writeFile(env['STOWAGE_TERMINATION_LOG'] ?? TERMINATION_LOG, ending.message, { flag });
  return done;
}

async function find(call: PodCall, { env, out, signal }: PodSurroundings): Promise<Found> {
  const namespace = env[NAMESPACE_VARIABLE] ?? '';
  const authorities = env[AUTHORITIES_VARIABLE];
  const directory = await modelDirectory(call.directory, call.within);
  const authFiles = await credentialFiles({ directory: call.secrets, names: call.pushSecrets, namespace });
  return {
    directory,
    open: { plainHttp: call.plainHttp, authFiles, ...(authorities === undefined ? {} : { authorities }) },
    progress: progressJson(out),
    signal,
  };
}

function failure(thrown: unknown): Ending {
  const error = asAttempt(asStowageError(thrown));
  const { code, message, hint, retryable } = error;
  return { line: { event: 'error', code, message, hint, retryable }, message: failureMessage(error) };
}

/** Whoever ends a pod ends an attempt, and has not cancelled the build: another attempt may come. */
function asAttempt(error: StowageError): StowageError {
  if (error.code !== 'Cancelled') return error;
  const { message, hint, cause } = error;
  return new StowageError('PodLost', message, {
    ...(hint === undefined ? {} : { hint }),
    cause,
    retryable: true,
  });
}
