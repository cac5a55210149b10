import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { z } from 'zod';
import { StowageError, systemCode } from '../errors.ts';
import { DOCKER_HUB } from './reference.ts';

/** A helper may ask its user to unlock a key ring. */
const TIMEOUT_MS = 60_000;
/** Tokens of cloud providers have up to some ten kilobytes. */
const MAX_OUTPUT_BYTES = 256 * 1024;

/** Under this name `docker login` keeps what belongs to Docker Hub. */
const DOCKER_HUB_SERVER = 'https://index.docker.io/v1/';

const answer = z.object({ Username: z.string(), Secret: z.string() });

/** What a helper knows about a host. With the user name `<token>` the secret is an identity token. */
export interface HelperAnswer {
  readonly username: string;
  readonly secret: string;
}

/**
 * Asks `docker-credential-NAME get` for a host's credentials
 * (https://github.com/docker/docker-credential-helpers#development). The host goes in on stdin, nothing secret is in
 * the arguments, and what the helper prints is in no message.
 * @returns undefined when the helper has none.
 * @throws CredentialsUnusable
 */
export async function askHelper(
  name: string,
  host: string,
  env: NodeJS.ProcessEnv,
  timeout = TIMEOUT_MS,
): Promise<HelperAnswer | undefined> {
  const program = `docker-credential-${name}`;
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(name))
    throw unusable(`${JSON.stringify(name)} cannot be the name of a credential helper`, host);
  const { code, output } = await run(program, host === DOCKER_HUB ? DOCKER_HUB_SERVER : host, {
    env,
    timeout,
    host,
  });
  if (code !== 0) {
    if (/credentials not found/i.test(output)) return undefined;
    throw unusable(
      `${program} ended with exit code ${code ?? 'none'}`,
      host,
      `to see why: echo ${host} | ${program} get`,
    );
  }
  return parse(output, program, host);
}

function parse(output: string, program: string, host: string): HelperAnswer {
  try {
    const { Username: username, Secret: secret } = answer.parse(JSON.parse(output));
    return { username, secret };
  } catch {
    throw unusable(`${program} printed something other than credentials`, host); // no cause: it would quote them
  }
}

interface Run {
  readonly env: NodeJS.ProcessEnv;
  readonly timeout: number;
  readonly host: string;
}

function run(
  program: string,
  input: string,
  { env, timeout, host }: Run,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { env, timeout, killSignal: 'SIGKILL' });
    const output = boundedOutput(child);
    child.on('error', (error) => reject(cannotRun(program, host, error)));
    child.on('exit', () => {
      // What a helper has started itself may outlive it, and would keep this open.
      if (child.killed) child.stdout.destroy();
    });
    child.on('close', (code) => {
      if (child.killed)
        reject(unusable(`${program} did not answer within ${timeout / 1000} s, or said too much`, host));
      else resolve({ code, output: output() });
    });
    child.stderr.resume();
    child.stdin.on('error', () => undefined); // A helper that ends without reading has its reason in its exit code.
    child.stdin.end(`${input}\n`);
  });
}

function boundedOutput(child: ChildProcessWithoutNullStreams): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_OUTPUT_BYTES) child.kill('SIGKILL');
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function cannotRun(program: string, host: string, error: Error): StowageError {
  const missing = systemCode(error) === 'ENOENT';
  return unusable(
    missing ? `${program} is not installed` : `${program} cannot be run (${systemCode(error) ?? error.name})`,
    host,
    'install it, or remove credsStore and credHelpers from the credentials file and log in again',
  );
}

function unusable(why: string, host: string, hint?: string): StowageError {
  return new StowageError(
    'CredentialsUnusable',
    `no credentials for ${host}: ${why}`,
    hint === undefined ? {} : { hint },
  );
}
