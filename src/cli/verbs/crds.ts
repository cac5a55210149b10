import type { Command } from 'commander';

const HELP = `
Example:
  stowage crds | kubectl apply --server-side -f -`;

export function register(program: Command): void {
  program
    .command('crds')
    .summary('print the CustomResourceDefinitions')
    .description('Prints the CustomResourceDefinitions of Model and ModelVersion as YAML, ready for kubectl.')
    .addHelpText('after', HELP)
    .action(async () => {
      const { crdYaml } = await import('../../api/crd.ts');
      process.stdout.write(crdYaml());
    });
}
