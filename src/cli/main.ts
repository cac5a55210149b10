import { runCli } from './program.ts';

// Whoever reads our output may stop reading, as `head` does. Without a reader of results there is nothing left to do;
// without one of progress the build goes on.
process.stdout.on('error', () => process.exit());
process.stderr.on('error', () => undefined);

process.exitCode = await runCli(process.argv.slice(2));
// All is done and said. What may still hang is a connection that was being made when its request was given up: the
// HTTP client holds on to it until it times out, and a pod that is to end has only seconds.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));
