import type { Argument, Command, Option } from 'commander';
import { allOptions, type Line, readLine, readOption, type Typed } from './completion-line.ts';

interface Suggestion {
  /** The whole word that the one on the line becomes. */
  readonly word: string;
  readonly description: string;
}

/** What may stand in the place of the last word. */
export interface Suggestions {
  readonly words: readonly Suggestion[];
  /** That the shell is to complete names of files or directories, in what follows `prefix` in the last word. */
  readonly paths?: { readonly kind: 'files' | 'directories'; readonly prefix: string };
}

/** Values that no declaration lists, by what takes them: `<kind>` for arguments, `--namespace` for options. */
export type Values = Readonly<Record<string, (typed: Typed) => Promise<readonly string[]>>>;

/**
 * What can stand at the end of a command line, from commander's own declarations: sub-commands, options, choices. The
 * name of a value says what it is: `<file>` and `<dir>` are completed by the shell, and so is the directory of a
 * `<ref>` that is an image layout.
 * @param words what follows the program's name; the last is being typed and may be empty
 */
export async function suggest(
  program: Command,
  words: readonly string[],
  values: Values,
): Promise<Suggestions> {
  const line = readLine(program, words.slice(0, -1));
  const current = words.at(-1) ?? '';
  const value = valueInPlace(line, current);
  if (value !== undefined) return valuesOf(value, line, values);
  if (!line.operandsOnly && current.startsWith('-'))
    return { words: matching(optionsOf(line.command), current) };
  const subcommands = line.operands.length === 0 ? subcommandsOf(line.command) : [];
  if (subcommands.length > 0) return { words: matching(subcommands, current) };
  const argument = argumentInPlace(line);
  if (argument?.name() === 'command') return { words: matching(subcommandsOf(program), current) };
  if (argument === undefined) return { words: [] };
  return valuesOf({ takes: argument, key: `<${argument.name()}>`, prefix: '', typed: current }, line, values);
}

/** Something that takes a value, where in the last word the value begins, and what there is of it. */
interface Place {
  readonly takes: Argument | Option;
  readonly key: string;
  readonly prefix: string;
  readonly typed: string;
}

function valueInPlace({ command, pending, operandsOnly }: Line, current: string): Place | undefined {
  if (pending !== undefined) return { takes: pending, key: pending.long ?? '', prefix: '', typed: current };
  if (operandsOnly || !current.startsWith('-')) return undefined;
  const { option, value } = readOption(command, current);
  if (option?.required !== true || value === undefined) return undefined;
  const prefix = current.slice(0, current.length - value.length);
  return { takes: option, key: option.long ?? '', prefix, typed: value };
}

async function valuesOf(
  { takes, key, prefix, typed }: Place,
  line: Line,
  values: Values,
): Promise<Suggestions> {
  const listed = takes.argChoices ?? (await values[key]?.(line));
  if (listed !== undefined) {
    const words = listed.map((value) => ({ word: `${prefix}${value}`, description: '' }));
    return { words: matching(words, `${prefix}${typed}`) };
  }
  switch (nameOfValue(takes)) {
    case 'file':
      return { words: [], paths: { kind: 'files', prefix } };
    case 'dir':
      return { words: [], paths: { kind: 'directories', prefix } };
    case 'ref':
      return typed.startsWith('oci:')
        ? { words: [], paths: { kind: 'directories', prefix: `${prefix}oci:` } }
        : { words: [] };
    default:
      return { words: [] };
  }
}

function nameOfValue(takes: Argument | Option): string | undefined {
  return 'flags' in takes ? /<([^>.]+)/.exec(takes.flags)?.[1] : takes.name();
}

function argumentInPlace({ command, operands }: Line): Argument | undefined {
  const last = command.registeredArguments.at(-1);
  return command.registeredArguments[operands.length] ?? (last?.variadic === true ? last : undefined);
}

function subcommandsOf(command: Command): Suggestion[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map((each) => ({ word: each.name(), description: each.summary() || each.description() }));
}

function optionsOf(command: Command): Suggestion[] {
  return allOptions(command).map(({ long, short, description }) => ({
    word: long ?? short ?? '',
    description,
  }));
}

function matching(suggestions: readonly Suggestion[], typed: string): Suggestion[] {
  return suggestions.filter(({ word }) => word.startsWith(typed));
}
