import type { Command } from 'commander';
import { addOutput, type OutputOption, printDocument } from '../output.ts';
import { ownVersion } from '../own-version.ts';

export function register(program: Command): void {
  const command = program
    .command('version')
    .description('print the version of Stowage and of what it runs on');
  addOutput(command, ['json', 'yaml']).action(async (options: OutputOption) => {
    const version = {
      stowage: await ownVersion(),
      node: process.versions.node,
      platform: `${process.platform}/${process.arch}`,
    };
    if (options.output !== undefined) await printDocument(version, options.output);
    else process.stdout.write(`stowage ${version.stowage} (node ${version.node}, ${version.platform})\n`);
  });
}
