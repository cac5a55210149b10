/** How much goes over the wire when an upload does not go through at once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { FaultProxy } from '../test/support/fault-proxy.ts';
import { assertPushed, withDistribution } from './distribution.ts';
import { shardedModel, sparseModel, type Model } from './model.ts';
import { STOWAGE, TRANSIENT } from './paths.ts';
import { atMost, resultOf, type Check, type Outcome } from './results.ts';
import { measured, run } from './run.ts';
import { withSparseRegistry } from './sparse-registry.ts';

const MIB = 1024 * 1024;
const RESET_EVERY = 64 * MIB;
const MAX_OF_MODEL = 1.05;
/** More than are under way at a time: some are complete when others are cut off. */
const MANY_FILES = 8;
const POLL_MS = 2;
const MAX_MEMORY_MB = 150;
const REPOSITORY = 'bench/model';

/** Of a model, the bytes that clients sent in all, everything included. */
type Course = (push: readonly string[], proxy: FaultProxy, model: Model) => Promise<void>;

export async function resume(gib: number, files: number, rounds: number): Promise<Outcome> {
  const few = await shardedModel(gib, files);
  const many = await shardedModel(gib, MANY_FILES);
  const check = async (what: string, model: Model, course: Course): Promise<Check> => {
    let sent = 0;
    for (let round = 0; round < rounds; round += 1) sent = Math.max(sent, await onceWith(course, model));
    return atMost(what, sent / model.bytes, MAX_OF_MODEL, '× the model');
  };
  return {
    title: `${gib} GiB in ${files} files, bytes on the wire, the most of ${rounds} rounds`,
    results: [],
    checks: [
      await check('undisturbed', few, push),
      await check('killed at 50 % and run again', few, killedAt(0.5)),
      await check(`${MANY_FILES} files, killed at 50 % and run again`, many, killedAt(0.5)),
      await check(`${MANY_FILES} files, killed at 90 % and run again`, many, killedAt(0.9)),
      await check('connections reset every 64 MiB', few, cutAgainAndAgain),
    ],
  };
}

async function onceWith(course: Course, model: Model): Promise<number> {
  const state = await mkdtemp(`${TRANSIENT}state-`);
  try {
    return await withDistribution(async (registry) => {
      const proxy = new FaultProxy(new URL(`http://${registry}`));
      await proxy.listen();
      try {
        const to = `127.0.0.1:${proxy.port}/${REPOSITORY}:v1`;
        const command = ['env', `STOWAGE_STATE=${state}`, STOWAGE, 'pack', model.directory, '--to', to];
        await course(command, proxy, model);
        await assertPushed(registry, REPOSITORY, 'v1');
        return proxy.received;
      } finally {
        await proxy.stop();
      }
    });
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

async function push(command: readonly string[]): Promise<void> {
  await run(command);
}

/** @param part of the bytes of the model */
function killedAt(part: number): Course {
  return async (command, proxy, model) => {
    await killed(command, () => proxy.received >= model.bytes * part);
    await run(command);
  };
}

/** Runs a command and kills it once something is the case. */
async function killed(command: readonly string[], isTime: () => boolean): Promise<void> {
  const [program = '', ...args] = command;
  // A group of its own, since the launcher starts the program itself.
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  const ended = once(child, 'exit');
  while (!isTime() && child.exitCode === null) await delay(POLL_MS);
  if (child.exitCode !== null || child.pid === undefined) throw new Error('it ended before it was killed');
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}

/** One file of `gib` GiB, all zeros but its header: pushed, killed, gone on with and pulled, in memory that does not grow. */
export async function sparseCourse(gib: number): Promise<Outcome> {
  const model = await sparseModel(gib);
  const state = await mkdtemp(`${TRANSIENT}state-`);
  const title = `one sparse file of ${gib} GiB: killed at half, pushed again, pulled`;
  return withSparseRegistry(async (registry) => {
    const image = `${registry.host}/${REPOSITORY}:v1`;
    const command = ['env', `STOWAGE_STATE=${state}`, STOWAGE, 'pack', model.directory, '--to', image];
    await killed(command, () => registry.received >= model.bytes / 2);
    const pushed = await measured(command);
    const sent = registry.received / model.bytes;
    const into = `${TRANSIENT}pulled`;
    const pulled = await measured([STOWAGE, 'pull', image, into]);
    await run(['cmp', model.files[0]?.path ?? '', `${into}/model.safetensors`]);
    await rm(into, { recursive: true });
    return {
      title,
      results: [
        resultOf({ name: 'goes on', how: './stowage pack DIR --to REF, a second time' }, [pushed]),
        resultOf({ name: 'pull', how: './stowage pull REF DIR' }, [pulled]),
      ],
      checks: [
        atMost('sent in all', sent, MAX_OF_MODEL, '× the model'),
        atMost('peak memory going on', pushed.peakBytes / 1e6, MAX_MEMORY_MB, 'MB'),
        atMost('peak memory of pull', pulled.peakBytes / 1e6, MAX_MEMORY_MB, 'MB'),
      ],
    };
  });
}

const cutAgainAndAgain: Course = async (command, proxy) => {
  proxy.resetEvery(RESET_EVERY);
  await run(command);
};
