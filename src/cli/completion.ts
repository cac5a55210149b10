import { Argument, type Command } from 'commander';
import { visible } from '../telemetry/text.ts';
import { type Shell, SCRIPTS, SHELLS } from './completion-scripts.ts';
import { VALUES } from './completion-values.ts';
import { suggest, type Suggestions } from './completion-walk.ts';

const HELP = `
Load it once, for every shell that starts from then on:
  bash   stowage completion bash > ~/.local/share/bash-completion/completions/stowage
  zsh    stowage completion zsh > ~/.zfunc/_stowage    (and in ~/.zshrc, before compinit: fpath+=~/.zfunc)
  fish   stowage completion fish > ~/.config/fish/completions/stowage.fish

Or try it in this shell:
  source <(stowage completion bash)`;

/**
 * Adds the verb `completion`, which prints a script for a shell, and the hidden `__complete`, which that script asks.
 * Own code, because `@bomb.sh/tab`, the one kept library with an adapter for commander, never completes file names and
 * needs the bash-completion package.
 */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .summary('print a script that completes commands in a shell')
    .description('Prints a script that completes commands, options, files and names in a shell.')
    .addArgument(new Argument('<shell>', 'the shell to print it for').choices(SHELLS))
    .addHelpText('after', HELP)
    .action((shell: Shell) => void process.stdout.write(SCRIPTS[shell]));

  program
    .command('__complete', { hidden: true })
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .argument('[words...]', 'what follows the name of the program, behind --, up to the cursor')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (shell: Shell, words: string[]) => {
      const whole = shell === 'bash' ? joinSplit(words) : words;
      const lines = answer(shell, await suggest(program, whole, VALUES), words, whole);
      process.stdout.write(lines.map((line) => `${line}\n`).join(''));
    });
}

/** What the script of the shell reads: see completion-scripts.ts. */
function answer(
  shell: Shell,
  { words, paths }: Suggestions,
  typed: readonly string[],
  whole: readonly string[],
): string[] {
  if (paths !== undefined) return [`:${paths.kind}\t${paths.prefix}`];
  if (shell !== 'bash') return words.map(({ word, description }) => `${word}\t${visible(description)}`);
  // Of a word that bash has split, it replaces only the last piece.
  const piece = typed.at(-1) ?? '';
  const kept = (whole.at(-1) ?? '').length - (SPLIT.test(piece) ? 0 : piece.length);
  return words.map(({ word }) => word.slice(kept));
}

/** bash makes words of their own of these, wherever they stand (COMP_WORDBREAKS). */
const SPLIT = /^[=:]+$/;

/** `--to localhost : 5000/bert` → `--to localhost:5000/bert` */
function joinSplit(pieces: readonly string[]): string[] {
  const words: string[] = [];
  pieces.forEach((piece, index) => {
    const before = words.at(-1);
    const joins = before !== undefined && (SPLIT.test(piece) || SPLIT.test(pieces[index - 1] ?? ''));
    if (joins) words[words.length - 1] = before + piece;
    else words.push(piece);
  });
  return words;
}
