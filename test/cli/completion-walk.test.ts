import { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import type { Typed } from '../../src/cli/completion-line.ts';
import { suggest, type Values } from '../../src/cli/completion-walk.ts';

function program(): Command {
  const root = new Command('tool').option('--debug', 'say more').helpCommand('help [command]');
  root
    .command('build')
    .alias('make')
    .summary('build something')
    .argument('<dir>')
    .option('-f, --file <file>', 'a declaration')
    .option('--to <ref>', 'where to')
    .option('--cache [how]', 'keep things')
    .addOption(new Option('--secret', 'not shown').hideHelp())
    .addOption(new Option('-p, --progress <how>', 'how to show it').choices(['bars', 'plain', 'json']));
  root.command('get').argument('<kind>').argument('[names...]').option('-n, --namespace <name>');
  root.command('hidden', { hidden: true });
  root.configureHelp({ showGlobalOptions: true });
  for (const command of root.commands) command.configureHelp({ showGlobalOptions: true });
  return root;
}

const seen: Typed[] = [];
const values: Values = {
  '<kind>': () => Promise.resolve(['models', 'modelversions']),
  '<names>': (typed) => {
    seen.push(typed);
    return Promise.resolve(['bert-v1', 'bert-v2', 'llama']);
  },
  '--namespace': () => Promise.resolve(['default', 'team-a']),
};

async function words(...line: string[]): Promise<string[]> {
  return (await suggest(program(), line, values)).words.map(({ word }) => word);
}

describe('suggest', () => {
  it.each([
    ['the commands', [''], ['build', 'get', 'help']],
    ['the commands that begin so', ['b'], ['build']],
    ['the commands behind a global option', ['--debug', 'g'], ['get']],
    ['nothing for a command that is not there', ['nope', ''], []],
    ['commands to explain', ['help', ''], ['build', 'get', 'help']],
    [
      'options, and those of the program',
      ['build', '--'],
      ['--file', '--to', '--cache', '--progress', '--help', '--debug'],
    ],
    ['options of an alias', ['make', '--pro'], ['--progress']],
    ['options of the program', ['--d'], ['--debug']],
    ['choices of an option', ['build', '--progress', ''], ['bars', 'plain', 'json']],
    ['choices behind the short option', ['build', '-p', 'b'], ['bars']],
    ['choices behind =', ['build', '--progress=p'], ['--progress=plain']],
    ['nothing behind = of an option without a value', ['build', '--cache=x'], []],
    ['values of an option', ['get', '-n', 't'], ['team-a']],
    ['values of an argument', ['get', 'm'], ['models', 'modelversions']],
    ['values of the next argument', ['get', 'models', 'bert'], ['bert-v1', 'bert-v2']],
    ['values of an argument that may be repeated', ['get', 'models', 'bert-v1', 'll'], ['llama']],
    ['values behind an option and its value', ['get', '-n', 'build', 'models', 'll'], ['llama']],
    ['values behind --', ['get', '--', 'mo'], ['models', 'modelversions']],
    ['no options behind --', ['get', '--', '--'], []],
    ['nothing where no more is taken', ['build', 'dir', ''], []],
    ['nothing for a reference to a registry', ['build', '--to', 'localhost:5000/'], []],
    ['the commands where there is no word at all', [], ['build', 'get', 'help']],
  ])('knows %s', async (_, line, expected) => {
    expect(await words(...line)).toEqual(expected);
  });

  it.each([
    ['files', '', ['build', '-f', '']],
    ['files', '', ['build', '--file', 'dir/a']],
    ['files', '--file=', ['build', '--file=dir/a']],
    ['directories', '', ['build', '']],
    ['directories', '', ['build', '--cache', '']],
    ['directories', 'oci:', ['build', '--to', 'oci:ima']],
    ['directories', '--to=oci:', ['build', '--to=oci:ima']],
  ])('leaves %s behind %j to the shell', async (kind, prefix, line) => {
    expect(await suggest(program(), line, values)).toEqual({ words: [], paths: { kind, prefix } });
  });

  it('tells what was typed before to those who know the values', async () => {
    seen.length = 0;
    await words('get', '--namespace=team-a', 'models', 'bert-v1', '');
    expect(seen).toMatchObject([
      { operands: ['models', 'bert-v1'], options: new Map([['namespace', 'team-a']]) },
    ]);
  });

  it('describes commands and options in their own words', async () => {
    expect((await suggest(program(), ['b'], values)).words).toEqual([
      { word: 'build', description: 'build something' },
    ]);
    expect((await suggest(program(), ['build', '--to'], values)).words).toEqual([
      { word: '--to', description: 'where to' },
    ]);
  });
});
