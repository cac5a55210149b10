import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeFiles } from '../../test/support/model-files.ts';
import { tempDir } from '../../test/support/tempdir.ts';
import { describeWith } from '../../test/support/tools.ts';
import { programsOf, type GoModule } from '../cluster/go-module.ts';
import { run } from '../cluster/run.ts';

describeWith(['go'], 'the programs of a Go module', () => {
  it('are built once for all who ask, and have their other names', async () => {
    const { module, options, said } = await greeter('hello');
    const [first, second] = await Promise.all([programsOf(module, options), programsOf(module, options)]);
    expect(second).toBe(first);
    expect(await programsOf(module, options)).toBe(first);
    expect(said.filter((line) => line.startsWith('built'))).toHaveLength(1);
    expect(await run(join(first, 'greets'), [])).toBe('hello\n');
    expect(await readdir(options.cache)).toEqual([expect.stringMatching(/^greeter-[0-9a-f]{16}$/)]);
  });

  it('are built anew when a file of the module has changed', async () => {
    const { module, options } = await greeter('hello');
    const before = await programsOf(module, options);
    await writeFile(join(module.directory, 'main.go'), source('good day'));
    const after = await programsOf(module, options);
    expect(await run(join(after, 'greets'), [])).toBe('good day\n');
    expect(await run(join(before, 'greets'), [])).toBe('hello\n');
  });

  it('leave nothing that counts when they cannot be built', async () => {
    const { module, options } = await greeter('hello');
    await writeFile(join(module.directory, 'main.go'), 'package main\nfunc main() { nonsense }\n');
    await expect(programsOf(module, options)).rejects.toThrow(
      /go build of Greeter: exit code 1\n.*nonsense/s,
    );
    expect(await readdir(options.cache)).toEqual([]);
  });

  it('are given up when building takes too long', async () => {
    const { module, options } = await greeter('hello');
    const build = programsOf(module, { ...options, timeoutMs: 1 });
    await expect(build).rejects.toThrow(/go build of Greeter: ended by SIG\w+ after 0.0 s/);
  });
});

async function greeter(text: string): Promise<{
  module: GoModule;
  options: { cache: string; say: (line: string) => void };
  said: string[];
}> {
  const directory = await tempDir();
  await writeFiles(directory, {
    'module/go.mod': 'module greeter\n\ngo 1.21\n',
    'module/main.go': source(text),
  });
  const module: GoModule = {
    title: 'Greeter',
    directory: join(directory, 'module'),
    packages: ['.'],
    flags: [],
    links: { greets: 'greeter' },
  };
  const said: string[] = [];
  return { module, said, options: { cache: join(directory, 'cache'), say: (line) => said.push(line) } };
}

function source(text: string): string {
  return `package main\n\nimport "os"\n\nfunc main() { os.Stdout.WriteString("${text}\\n") }\n`;
}
