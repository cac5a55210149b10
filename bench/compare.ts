/** Several contenders push the same model to a registry, rounds interleaved. */
import { mkdtemp, rm } from 'node:fs/promises';
import { TAG, type Contender } from './contender.ts';
import { assertPushed, withDistribution } from './distribution.ts';
import type { Model } from './model.ts';
import { TRANSIENT } from './paths.ts';
import { resultOf, type Result } from './results.ts';
import { has, measured, run, type Run } from './run.ts';
import { traced, type Traffic } from './traced.ts';

const REPOSITORY = 'bench/model';

/** Gives `use` a registry that has nothing, as `host:port`. */
type WithRegistry = <T>(use: (registry: string) => Promise<T>) => Promise<T>;

interface Course {
  readonly model: Model;
  readonly withRegistry: WithRegistry;
}

/**
 * The results of those whose programs are here, in the order they were given.
 * @param withRegistry default: a registry on disk
 */
export async function compare(
  model: Model,
  contenders: readonly Contender[],
  number: number,
  withRegistry: WithRegistry = withDistribution,
): Promise<Result[]> {
  const course = { model, withRegistry };
  const present = await presentOf(contenders);
  const runs = await rounds(course, present, number);
  const results: Result[] = [];
  for (const each of present) {
    say(`${each.name}: counting bytes`);
    results.push(resultOf(each, runs.get(each) ?? [], await count(course, each)));
  }
  return results;
}

async function presentOf(contenders: readonly Contender[]): Promise<Contender[]> {
  const found: Contender[] = [];
  for (const each of contenders) {
    if (await has(each.program)) found.push(each);
    else say(`${each.name} is left out: there is no ${each.program}`);
  }
  return found;
}

/** One run of each after the other, again and again, so that what else the machine does meets all alike. */
async function rounds(
  course: Course,
  contenders: readonly Contender[],
  number: number,
): Promise<Map<Contender, Run[]>> {
  const runs = new Map<Contender, Run[]>(contenders.map((each) => [each, []]));
  // The source lies in the page cache for all, or for none; reading it before is what makes it so.
  await run(['sh', '-c', 'cat "$@" >/dev/null', 'sh', ...course.model.files.map((file) => file.path)]);
  // The first start of Stowage after a change of its sources compiles them, and keeps that; a user's does so once.
  const own = contenders.filter((each) => each.name === 'Stowage');
  for (const each of own) await once(course, each, measured);
  for (let round = 1; round <= number; round += 1) {
    for (const each of contenders) {
      const took = await once(course, each, measured);
      say(`round ${round}: ${each.name} ${took.seconds.toFixed(2)} s`);
      runs.get(each)?.push(took);
    }
  }
  return runs;
}

function count(course: Course, contender: Contender): Promise<Traffic> {
  const { model } = course;
  return once(course, contender, (command, scratch) => {
    // Kaniko sees the files as hard links below its own root.
    const context = `${scratch}/workspace/`;
    return traced(command, (path) => path.startsWith(`${model.directory}/`) || path.startsWith(context));
  });
}

/** Runs a contender by `how` against a registry that has nothing, and makes sure that the model arrived. */
async function once<T>(
  { model, withRegistry }: Course,
  contender: Contender,
  how: (command: readonly string[], scratch: string) => Promise<T>,
): Promise<T> {
  const scratch = await mkdtemp(`${TRANSIENT}scratch-`);
  try {
    return await withRegistry(async (registry) => {
      const job = { model, scratch, repository: `${registry}/${REPOSITORY}` };
      await contender.prepare?.(job);
      // What the run before left to be written must not be written on this one's time.
      await run(['sync']);
      const done = await how(contender.command(job), scratch);
      // One that keeps nothing has counted what it was sent.
      if (contender.tags && withRegistry === withDistribution) await assertPushed(registry, REPOSITORY, TAG);
      return done;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
