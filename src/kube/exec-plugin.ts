import { spawn } from 'node:child_process';
import { dirname, isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { StowageError, systemCode } from '../errors.ts';
import type { Clock } from './clock.ts';
import type { Credential } from './cluster.ts';
import type { ExecConfig } from './kubeconfig-schema.ts';
import type { Loaded } from './renewed-credentials.ts';

/** A plugin that must ask nobody needs a few calls over the network. */
const TIMEOUT_MS = 60_000;
/** One that sends its user to a web page to log in waits for that. */
const INTERACTIVE_TIMEOUT_MS = 300_000;
/** A token and a certificate with its key have some kilobytes. */
const MAX_OUTPUT_BYTES = 1024 * 1024;
/** A token is renewed so long before it expires, so that it is good when it arrives. */
const EARLY_MS = 10_000;

/** What a plugin is told, and where it is started from. */
export interface PluginCall {
  readonly exec: ExecConfig;
  /** The kubeconfig that names the plugin: a relative command is relative to its directory. */
  readonly file: string;
  /** The `spec.cluster` of the ExecCredential, for plugins that ask for it. */
  readonly cluster: Readonly<Record<string, unknown>>;
  readonly env: NodeJS.ProcessEnv;
  /** Whether a person sits at the terminal. */
  readonly terminal: boolean;
}

/**
 * Asks a plugin for credentials (https://kubernetes.io/docs/reference/access-authn-authz/authentication/, "client-go
 * credential plugins"). What it says on stderr goes to ours: it may ask the user to open a page.
 * @param base the authorities of the cluster, which go into the result.
 * @throws KubeconfigInvalid; what the plugin printed is in no message.
 */
export async function askPlugin(call: PluginCall, base: Credential, clock: Clock): Promise<Loaded> {
  const { command, apiVersion, interactiveMode } = call.exec;
  if (interactiveMode === 'Always' && !call.terminal)
    throw unusable(command, 'needs a terminal to ask its user', 'log in with it first, from a terminal');
  const { status } = parse(await run(call), command, apiVersion);
  const credential: Credential = {
    ...base,
    ...(status.token === undefined ? {} : { authorization: `Bearer ${status.token}` }),
    cert: status.clientCertificateData,
    key: status.clientKeyData,
  };
  const expires = status.expirationTimestamp;
  const left = expires === undefined ? Infinity : Date.parse(expires) - clock.date().getTime();
  return { credential, freshFor: left - EARLY_MS, usableFor: left };
}

function run(call: PluginCall): Promise<string> {
  const { exec, env, terminal } = call;
  const interactive = terminal && exec.interactiveMode !== 'Never';
  const timeout = interactive ? INTERACTIVE_TIMEOUT_MS : TIMEOUT_MS;
  return new Promise((done, fail) => {
    const child = spawn(commandPath(call), exec.args ?? [], {
      env: { ...env, ...added(exec), KUBERNETES_EXEC_INFO: execInfo(call, interactive) },
      stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'inherit'],
    });
    const chunks: Buffer[] = [];
    let [size, stopped] = [0, false];
    const stop = (): void => {
      stopped = true;
      child.kill('SIGKILL');
      child.stdout.destroy(); // What it has started itself may live on, and would keep this open.
    };
    const timer = setTimeout(stop, timeout);
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_OUTPUT_BYTES) stop();
      else chunks.push(chunk);
    });
    child.on('error', (error) => fail(cannotRun(exec, error)));
    child.on('close', (code) => {
      clearTimeout(timer);
      if (stopped)
        fail(unusable(exec.command, `did not answer within ${timeout / 1000} s, or said too much`));
      else if (code === 0) done(Buffer.concat(chunks).toString('utf8'));
      else fail(unusable(exec.command, `ended with exit code ${code ?? 'none'}`, 'what it said is above'));
    });
  });
}

function commandPath({ exec: { command }, file }: PluginCall): string {
  return command.includes('/') && !isAbsolute(command) ? resolve(dirname(file), command) : command;
}

function added(exec: ExecConfig): Record<string, string> {
  return Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]));
}

function execInfo({ exec, cluster }: PluginCall, interactive: boolean): string {
  const spec = { interactive, ...(exec.provideClusterInfo === true ? { cluster } : {}) };
  return JSON.stringify({ apiVersion: exec.apiVersion, kind: 'ExecCredential', spec });
}

const answer = z.object({
  apiVersion: z.string(),
  kind: z.literal('ExecCredential'),
  status: z
    .object({
      token: z.string().min(1).optional(),
      clientCertificateData: z.string().min(1).optional(),
      clientKeyData: z.string().min(1).optional(),
      expirationTimestamp: z.iso.datetime({ offset: true }).optional(),
    })
    .refine(
      (status) => (status.clientCertificateData === undefined) === (status.clientKeyData === undefined),
      'a certificate without its key',
    )
    .refine((status) => status.token !== undefined || status.clientKeyData !== undefined, 'no credentials'),
});

function parse(output: string, command: string, apiVersion: string): z.output<typeof answer> {
  try {
    const parsed = answer.parse(JSON.parse(output));
    if (parsed.apiVersion === apiVersion) return parsed;
  } catch {
    // Without the cause, which would quote the credentials.
  }
  throw unusable(command, `printed something other than an ExecCredential of ${apiVersion} with credentials`);
}

function cannotRun(exec: ExecConfig, error: Error): StowageError {
  const missing = systemCode(error) === 'ENOENT';
  const why = missing ? 'is not installed' : `cannot be run (${systemCode(error) ?? error.name})`;
  return unusable(exec.command, why, exec.installHint);
}

function unusable(command: string, why: string, hint?: string): StowageError {
  const details = hint === undefined ? {} : { hint };
  return new StowageError(
    'KubeconfigInvalid',
    `no credentials for the cluster: the plugin ${JSON.stringify(command)} ${why}`,
    details,
  );
}
