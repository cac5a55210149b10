import type { Command, Option } from 'commander';

/** What was typed before the last word. */
export interface Typed {
  readonly operands: readonly string[];
  /** Values of options, by commander's name for them (`namespace`); `true` of those that take none. */
  readonly options: ReadonlyMap<string, string>;
}

/** A command line up to the word that is being typed. */
export interface Line extends Typed {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly pending: Option | undefined;
  /** Behind `--`. */
  readonly operandsOnly: boolean;
}

/** Follows commander through the words: into sub-commands, past options and their values. */
export function readLine(program: Command, words: readonly string[]): Line {
  let command = program;
  let pending: Option | undefined;
  let operandsOnly = false;
  const operands: string[] = [];
  const options = new Map<string, string>();
  for (const word of words) {
    if (pending !== undefined) {
      options.set(pending.attributeName(), word);
      pending = undefined;
    } else if (operandsOnly || !word.startsWith('-') || word === '-') {
      const below = operands.length === 0 ? findCommand(command, word) : undefined;
      if (below === undefined) operands.push(word);
      else command = below;
    } else if (word === '--') {
      operandsOnly = true;
    } else {
      pending = takeOption(command, word, options);
    }
  }
  return { command, pending, operandsOnly, operands, options };
}

/** @returns the option where its value is the next word */
function takeOption(command: Command, word: string, options: Map<string, string>): Option | undefined {
  const { option, value } = readOption(command, word);
  if (option?.isBoolean() === true) options.set(option.attributeName(), 'true');
  if (option === undefined || value === undefined) return option?.required === true ? option : undefined;
  options.set(option.attributeName(), value);
  return undefined;
}

/** `--flag`, `--flag=value`, `-f` */
export function readOption(
  command: Command,
  word: string,
): { option: Option | undefined; value: string | undefined } {
  const equals = word.indexOf('=');
  const flag = equals === -1 ? word : word.slice(0, equals);
  const option = allOptions(command).find(({ short, long }) => flag === short || flag === long);
  return { option, value: equals === -1 ? undefined : word.slice(equals + 1) };
}

/** Those of the command, then those of all above it that help mentions. */
export function allOptions(command: Command): Option[] {
  const help = command.createHelp();
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
}

function findCommand(command: Command, name: string): Command | undefined {
  const visible = command.createHelp().visibleCommands(command);
  return visible.find((each) => each.name() === name || each.aliases().includes(name));
}
