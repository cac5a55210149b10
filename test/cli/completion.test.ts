import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { runStowage } from '../support/stowage.ts';
import { tempDir } from '../support/tempdir.ts';
import { findTool } from '../support/tools.ts';

const LAUNCHER = resolve(import.meta.dirname, '../../stowage');
const run = promisify(execFile);

async function complete(shell: string, words: readonly string[], env = {}): Promise<string[]> {
  const { code, stdout } = await runStowage(['__complete', shell, '--', ...words], { env });
  expect(code).toBe(0);
  return stdout.split('\n').slice(0, -1);
}

async function script(shell: string): Promise<string> {
  const { code, stdout } = await runStowage(['completion', shell]);
  expect(code).toBe(0);
  return stdout;
}

describe('stowage __complete', () => {
  it('knows each command that help shows, once, and not itself', async () => {
    const program = buildProgram();
    const shown = program
      .createHelp()
      .visibleCommands(program)
      .map((command) => command.name());
    expect(shown).toContain('completion');
    expect(shown).not.toContain('__complete');
    expect(await complete('bash', [''])).toEqual(shown);
  });

  it('describes what it suggests where the shell can show it', async () => {
    expect(await complete('zsh', ['completi'])).toEqual([
      'completion\tprint a script that completes commands in a shell',
    ]);
    expect(await complete('bash', ['completi'])).toEqual(['completion']);
  });

  it('leaves paths to the shell, with what stands before them', async () => {
    expect(await complete('fish', ['pack', '--to=oci:im'])).toEqual([':directories\t--to=oci:']);
  });

  it.each([
    ['--progress=b', ['--progress', '=', 'b'], ['bars']],
    ['--progress=', ['--progress', '='], ['auto', 'bars', 'plain', 'json', 'off']],
    ['--progress=b, where bash was told not to split', ['--progress=b'], ['--progress=bars']],
    ['an option behind host:port', ['--to', 'localhost', ':', '5000/bert', '--over'], ['--overwrite']],
    ['oci:im', ['--to', 'oci', ':', 'im'], [':directories\toci:']],
  ])('understands what bash makes of %s', async (_, words, expected) => {
    expect(await complete('bash', ['pack', ...words])).toEqual(expected);
  });

  it('knows the objects of this machine, by kind and namespace', async () => {
    const directory = await tempDir();
    const env = { STOWAGE_STATE: join(directory, 'state') };
    const models = ['bert', 'llama'].map((name) => ({ name }));
    const objects = [...models, { name: 'other', namespace: 'team-a' }].map((metadata) => ({
      apiVersion: 'model.kubedl.io/v1alpha1',
      kind: 'Model',
      metadata,
    }));
    const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    const { code, stderr } = await runStowage(['apply', '-f', '-'], { env, input, cwd: directory });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await complete('bash', ['get', 'mod'], env)).toEqual(['models', 'modelversions']);
    expect(await complete('bash', ['describe', 'model', ''], env)).toEqual(['bert', 'llama']);
    expect(await complete('bash', ['describe', 'modelversion', ''], env)).toEqual([]);
    expect(await complete('bash', ['get', '-n', 'team-a', 'models', ''], env)).toEqual(['other']);
    expect(await complete('bash', ['get', '-n', ''], env)).toEqual(['default', 'team-a']);
  });

  it('is quiet about objects of a kind that it does not know', async () => {
    const { stdout } = await runStowage(['__complete', 'bash', '--', 'get', 'nonsense', '']);
    expect(stdout).toBe('');
  });
});

describe('stowage completion', () => {
  it.each(['bash', 'zsh', 'fish'].filter(findTool))('prints a script that %s can read', async (shell) => {
    const file = join(await tempDir(), 'script');
    await writeFile(file, await script(shell));
    await run(shell, ['-n', file]);
  });

  it('works in bash', async () => {
    // What bash does when Tab is pressed; compopt works only there.
    const press = `
      compopt() { echo "compopt $*"; }
      press() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _stowage; echo "\${COMPREPLY[@]}"; }
      press "$0" compl
      press "$0" completion z
      press "$0" apply -f ''
      press "$0" pack ''
      press "$0" pack my\\ dir --progress = j`;
    const { stdout } = await run('bash', ['-c', `${await script('bash')}${press}`, LAUNCHER]);
    expect(stdout.split('\n')).toEqual([
      'completion',
      'zsh',
      'compopt -o default',
      '',
      'compopt -o dirnames',
      '',
      'json',
      '',
    ]);
  });

  it.each(['fish'].filter(findTool))('works in %s', async () => {
    const directory = await tempDir();
    await mkdir(join(directory, 'images'));
    const ask = (line: string): string => `complete -C "${LAUNCHER} ${line}"`;
    const lines = ['completion z', 'pack --progress=j', 'pack --to oci:im'].map(ask).join('\n');
    const asked = `${await script('fish')}\ncomplete -c ${LAUNCHER} -f -a '(__stowage_complete)'\n${lines}`;
    const { stdout } = await run('fish', ['--no-config', '-c', asked], { cwd: directory });
    expect(stdout.split('\n').map((line) => line.split('\t')[0])).toEqual([
      'zsh',
      '--progress=json',
      'oci:images/',
      '',
    ]);
  });
});
