import { type Command, Option } from 'commander';
import type { OpenOptions } from '../pack/open-target.ts';
import { parseRate } from '../pack/rate.ts';
import type { VerifySource } from '../record/reusable.ts';
import type { Progress } from '../telemetry/progress.ts';

/** The options of every verb that talks to a registry. */
export interface RegistryOption {
  readonly plainHttp?: boolean;
  readonly caFile?: string;
}

export interface ProgressOption {
  readonly progress: 'auto' | 'bars' | 'plain' | 'json' | 'off';
}

/** The options of every verb that builds an image. */
export type BuildOptions = RegistryOption & ProgressOption;

export function addBuildOptions(command: Command): Command {
  return addProgress(addRegistry(command));
}

export function addRegistry(command: Command): Command {
  return command
    .option(
      '--plain-http',
      'talk HTTP to the registry; done anyway for one on this machine, unless --ca-file is given',
    )
    .option('--ca-file <file>', "PEM file of the authority that signed the registry's certificate");
}

export function addProgress(command: Command): Command {
  return command.addOption(
    new Option('--progress <how>', 'how to show progress on stderr')
      .choices(['auto', 'bars', 'plain', 'json', 'off'])
      .default('auto'),
  );
}

/** For verbs that build on this machine: in a cluster declarations and settings say it. */
export interface HereOptions {
  readonly verifySource?: VerifySource;
  /** Bytes per second. */
  readonly bandwidth?: number;
}

export function addHere(command: Command): Command {
  command.option(
    '--bandwidth <rate>',
    'send no faster than this, such as 50MB/s or 100Mbit/s (default: as fast as possible)',
    parseRate,
  );
  return command.addOption(
    new Option(
      '--verify-source <how>',
      'read all files, those that changed since an earlier build recorded them, or only those of another path or size (default: changed)',
    ).choices(['full', 'changed', 'none']),
  );
}

export function openOptions(options: RegistryOption): OpenOptions {
  return {
    plainHttp: options.plainHttp ?? false,
    ...(options.caFile === undefined ? {} : { caFile: options.caFile }),
  };
}

/** Makes what shows the progress of a build, anew for each build. */
export async function progressFactory(options: ProgressOption): Promise<() => Progress> {
  const { progressFor } = await import('../telemetry/progress-for.ts');
  return () => progressFor(options.progress, process.stderr);
}
