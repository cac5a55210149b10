import { type Command, Option } from 'commander';
import { StowageError } from '../errors.ts';

export interface WaitOption {
  readonly wait: boolean;
}

/** Adds `--wait=false`, as kubectl spells it. */
export function addWait(command: Command, what: string): Command {
  return command.addOption(
    new Option('--wait <bool>', what).choices(['true', 'false']).argParser(parseBoolean).default(true),
  );
}

function parseBoolean(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new StowageError('UsageInvalid', `found ${JSON.stringify(text)}; expected true or false`);
}
