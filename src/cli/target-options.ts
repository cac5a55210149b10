import { type Command, Option } from 'commander';
import type { OpenOptions } from '../pack/open-target.ts';
import type { Progress } from '../telemetry/progress.ts';

/** The options of every verb that builds an image. */
export interface BuildOptions {
  readonly plainHttp?: boolean;
  readonly caFile?: string;
  readonly progress: 'auto' | 'bars' | 'plain' | 'json' | 'off';
}

export function addBuildOptions(command: Command): Command {
  return command
    .option(
      '--plain-http',
      'talk HTTP to the registry; done anyway for one on this machine, unless --ca-file is given',
    )
    .option('--ca-file <file>', "PEM file of the authority that signed the registry's certificate")
    .addOption(
      new Option('--progress <how>', 'how to show progress on stderr')
        .choices(['auto', 'bars', 'plain', 'json', 'off'])
        .default('auto'),
    );
}

export function openOptions(options: BuildOptions): OpenOptions {
  return {
    plainHttp: options.plainHttp ?? false,
    ...(options.caFile === undefined ? {} : { caFile: options.caFile }),
  };
}

/** Makes what shows the progress of a build, anew for each build. */
export async function progressFactory(options: BuildOptions): Promise<() => Progress> {
  const { progressFor } = await import('../telemetry/progress-for.ts');
  return () => progressFor(options.progress, process.stderr);
}
