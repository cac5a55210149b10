import { Command, CommanderError } from 'commander';
import { asStowageError } from '../errors.ts';
import { EXIT, exitCodeOf } from './exit.ts';
import { addCompletion } from './completion.ts';
import { printError } from './terminal/error.ts';
import { register as registerApply } from './verbs/apply.ts';
import { register as registerBuild } from './verbs/build.ts';
import { register as registerCheck } from './verbs/check.ts';
import { register as registerCompare } from './verbs/compare.ts';
import { register as registerController } from './verbs/controller.ts';
import { register as registerCrds } from './verbs/crds.ts';
import { register as registerDelete } from './verbs/delete.ts';
import { register as registerDescribe } from './verbs/describe.ts';
import { register as registerGet } from './verbs/get.ts';
import { register as registerPull } from './verbs/pull.ts';
import { register as registerDiff } from './verbs/diff.ts';
import { register as registerVerify } from './verbs/verify.ts';
import { register as registerInspect } from './verbs/inspect.ts';
import { register as registerCancel } from './verbs/cancel.ts';
import { register as registerLogs } from './verbs/logs.ts';
import { register as registerRetry } from './verbs/retry.ts';
import { register as registerWait } from './verbs/wait.ts';
import { register as registerManifests } from './verbs/manifests.ts';
import { register as registerPack } from './verbs/pack.ts';
import { register as registerPolicy } from './verbs/policy.ts';
import { register as registerVersion } from './verbs/version.ts';

const INTRODUCTION =
  'Turns a trained model into a versioned, digest-pinned container image.\n\n' +
  'A model is a folder on a disk or a mounted export. Each byte of it is read once and sent while it is read, to a ' +
  'registry or an OCI image layout; nothing is copied to a scratch disk.';

const EPILOGUE = `
First steps:
  stowage pack ./my-model --to registry.example.com/team/my-model:v1
  stowage apply -f modelversion.yaml       the same, from a declaration that is remembered
  stowage get modelversions                what was built, and what became of it

In a Kubernetes cluster, whose controller builds the images:
  stowage apply -f modelversion.yaml --kube
  stowage describe modelversion NAME --kube        why is it not ready?

Exit codes: 0 done, 1 a build failed, 2 the call or the declaration is wrong, 130 interrupted.`;

/** The whole command line, without running it: completion and the documentation walk it. */
export function buildProgram(): Command {
  const program = new Command('stowage')
    .description(INTRODUCTION)
    .addHelpText('after', EPILOGUE)
    .option('--debug', 'print the causes of errors')
    .showHelpAfterError('(stowage help shows what there is)')
    .helpCommand('help [command]', 'explain a command')
    .configureHelp({ showGlobalOptions: true });
  for (const register of [
    registerApply,
    registerPack,
    registerInspect,
    registerDiff,
    registerPull,
    registerVerify,
    registerBuild,
    registerCheck,
    registerGet,
    registerDescribe,
    registerLogs,
    registerWait,
    registerRetry,
    registerCancel,
    registerDelete,
    registerPolicy,
    registerCompare,
    registerController,
    registerCrds,
    registerManifests,
    registerVersion,
  ]) {
    register(program);
  }
  addCompletion(program);
  return program;
}

/**
 * Runs one call. Results go to stdout; progress and errors to stderr.
 * @returns the exit code
 */
export async function runCli(args: readonly string[]): Promise<number> {
  const program = buildProgram();
  for (const command of [program, ...program.commands.flatMap((each) => [each, ...each.commands])])
    command.exitOverride();
  try {
    await program.parseAsync([...args], { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.ok;
  } catch (error) {
    // Commander has printed its own message already: help that was asked for, or what is wrong with the call.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const problem = asStowageError(error);
    printError(process.stderr, problem, {
      debug: program.opts<{ debug?: boolean }>().debug ?? problem.code === 'Internal',
    });
    return exitCodeOf(problem);
  }
}
