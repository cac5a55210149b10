import { runCli } from './program.ts';

// Whoever reads our output may stop reading, as `head` does. Without a reader of results there is nothing left to do;
// without one of progress the build goes on.
process.stdout.on('error', () => process.exit());
process.stderr.on('error', () => undefined);

process.exitCode = await runCli(process.argv.slice(2));
