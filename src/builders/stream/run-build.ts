import { constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { sourceError } from '../../artifact/fs-error.ts';
import { realPath } from '../../artifact/link.ts';
import { quote } from '../../artifact/names.ts';
import { asStowageError, StowageError, systemCode } from '../../errors.ts';
import { stepsTo } from '../../files/steps-to.ts';
import type { Compression } from '../../pack/layer-source.ts';
import { packTo } from '../../pack/pack-to.ts';
import type { Report } from '../../pack/report.ts';
import { progressJson } from '../../telemetry/progress-json.ts';
import { AUTHORITIES_VARIABLE, NAMESPACE_VARIABLE } from './places.ts';
import { credentialFiles } from './push-secrets.ts';
import { failureMessage, successMessage } from './termination-message.ts';

/** What the pod's arguments say. */
export interface BuildCall {
  readonly directory: string;
  /** Where `directory` must lie, whatever links lead there; undefined: anywhere. */
  readonly within: string | undefined;
  readonly to: string;
  readonly base: string | undefined;
  readonly compression: Compression;
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

/** What a build in a pod touches besides the model and the registry. */
export interface BuildSurroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Takes JSON lines: progress, and at the end the whole report or the error. */
  readonly out: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** Where the kubelet reads a container's last words, unless the environment says otherwise. */
const TERMINATION_LOG = '/dev/termination-log';

/**
 * Builds one image in a pod and says what became of it, in the log for people and in the termination message for the
 * controller. An error is a result.
 * @returns whether the image was made
 */
export async function runBuild(call: BuildCall, { env, out, signal }: BuildSurroundings): Promise<boolean> {
  const ending = await build(call, { env, out, signal }).then(
    (report) => ({ line: { event: 'report', ...report }, message: successMessage(report) }),
    (thrown: unknown) => {
      const error = asAttempt(asStowageError(thrown));
      const { code, message, hint, retryable } = error;
      return { line: { event: 'error', code, message, hint, retryable }, message: failureMessage(error) };
    },
  );
  out.write(`${JSON.stringify(ending.line)}\n`);
  // The kubelet has made the file. Where it is not there, this is no pod, and no such file should be made.
  const flag = constants.O_WRONLY | constants.O_TRUNC;
  await writeFile(env['STOWAGE_TERMINATION_LOG'] ?? TERMINATION_LOG, ending.message, { flag });
  return ending.line.event === 'report';
}

async function build(call: BuildCall, { env, out, signal }: BuildSurroundings): Promise<Report> {
  const namespace = env[NAMESPACE_VARIABLE] ?? '';
  const authorities = env[AUTHORITIES_VARIABLE];
  const progress = progressJson(out);
  // A log that stays empty until a slow registry has answered looks as if nothing had started.
  out.write(`${JSON.stringify({ event: 'started', target: call.to })}\n`);
  const directory = await modelDirectory(call);
  const authFiles = await credentialFiles({ directory: call.secrets, names: call.pushSecrets, namespace });
  return packTo({
    ...call,
    directory,
    open: { plainHttp: call.plainHttp, authFiles, ...(authorities === undefined ? {} : { authorities }) },
    progress,
    signal,
  });
}

/**
 * Where the model lies. No kubelet has looked where its path leads, and the Secrets of the pod are there to be led to:
 * nothing is read before it is known, and no link is on the path that is read.
 * @throws PathNotFound, LinkRefused, SourceUnreadable
 */
async function modelDirectory({ directory, within }: BuildCall): Promise<string> {
  if (within === undefined) return directory;
  const name = quote(relative(within, directory));
  const root = await realPath(within);
  const real = await realPath(directory).catch(async (error: unknown) => {
    throw await unreachable(error, directory, name);
  });
  if (stepsTo(root, real) !== undefined) return real;
  throw new StowageError(
    'LinkRefused',
    `${name} is, by a link, a directory outside the volume: ${quote(real)}`,
    {
      hint: 'Name the directory itself in spec.storage, without links.',
    },
  );
}

async function unreachable(cause: unknown, directory: string, name: string): Promise<StowageError> {
  const code = systemCode(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new StowageError('PathNotFound', `the directory ${name} is not on the volume`, {
      hint: 'Check spec.storage: the path is one below the root of the volume.',
      cause,
    });
  if (code === 'ELOOP')
    return new StowageError('LinkRefused', `${name} is reached by links that lead in a circle`, { cause });
  return sourceError(cause, directory, directory);
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
