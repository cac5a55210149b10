/** How fast an image becomes files again, and how little is fetched for one of them. */
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomFillSync } from 'node:crypto';
import { basename } from 'node:path';
import { withDistribution } from './distribution.ts';
import { shardedModel, type Model } from './model.ts';
import { STOWAGE, TRANSIENT } from './paths.ts';
import { atMost, median, resultOf, type Outcome } from './results.ts';
import { measured, run, type Run } from './run.ts';
import { countingProxy } from './counting-proxy.ts';

/**
 * Of the time of `curl` with a check of what has come: 0.9 of its throughput. Nobody else who checks is faster, and where
 * two cores are all there is, for the registry too, nobody who does can be as fast as one who does not.
 */
const MAX_OF_CHECKED = 1 / 0.9;
const MAX_MEMORY_MB = 200;
const ONE_FILE_BYTES = 1_000_000;
const MAX_FOR_ONE_FILE = 2_000_000;
const REPOSITORY = 'bench/model';

export async function pull(gib: number, files: number, rounds: number): Promise<Outcome> {
  const model = await shardedModel(gib, files);
  const directory = await mkdtemp(`${TRANSIENT}model-`);
  await withSmallFiles(model, directory);
  return withDistribution(async (registry) => {
    const image = `${registry}/${REPOSITORY}:v1`;
    await run([STOWAGE, 'pack', directory, '--to', image]);
    const blobs = await layersOf(registry);
    const [curls, checked, pulls]: [Run[], Run[], Run[]] = [[], [], []];
    for (let round = 0; round < rounds; round += 1) {
      curls.push(await into((scratch) => curl(registry, blobs, { scratch, check: false })));
      checked.push(await into((scratch) => curl(registry, blobs, { scratch, check: true })));
      pulls.push(await into((scratch) => measured([STOWAGE, 'pull', image, `${scratch}/model`])));
    }
    const ratios = pulls.map(({ seconds }, round) => seconds / (checked[round]?.seconds ?? NaN));
    const results = [
      resultOf({ name: 'curl', how: 'four parallel curl GETs of the layers, to files' }, curls),
      resultOf({ name: 'curl, checked', how: 'the same, and openssl dgst -sha256 of each' }, checked),
      resultOf({ name: 'Stowage', how: './stowage pull REF DIR' }, pulls),
    ];
    return {
      title: `${gib} GiB in ${files} files, median of ${rounds} rounds`,
      modelBytes: model.bytes,
      results,
      checks: [
        atMost('time beside curl, checked', median(ratios), MAX_OF_CHECKED, '×'),
        atMost('peak memory', (results[2]?.peakBytes ?? NaN) / 1e6, MAX_MEMORY_MB, 'MB'),
        atMost(
          'bytes for one file of 1 MB',
          await forOneFile(registry, directory),
          MAX_FOR_ONE_FILE,
          'bytes',
        ),
      ],
    };
  });
}

/** The shards, and small files beside them of which one will be asked for. */
async function withSmallFiles(model: Model, directory: string): Promise<void> {
  for (const { path } of model.files) await copyFile(path, `${directory}/${basename(path)}`);
  await mkdir(`${directory}/parts`);
  for (let number = 0; number < 50; number += 1)
    await writeFile(`${directory}/parts/${number}.bin`, randomFillSync(Buffer.alloc(ONE_FILE_BYTES)));
}

async function into<T>(work: (scratch: string) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(`${TRANSIENT}scratch-`);
  try {
    // What the run before left to be written must not be written on this one's time.
    await run(['sync']);
    return await work(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function layersOf(registry: string): Promise<string[]> {
  const answer = await fetch(`http://${registry}/v2/${REPOSITORY}/manifests/v1`, {
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
  const { layers } = (await answer.json()) as { layers: { digest: string }[] };
  return layers.map(({ digest }) => digest);
}

function curl(
  registry: string,
  blobs: readonly string[],
  { scratch, check }: { readonly scratch: string; readonly check: boolean },
): Promise<Run> {
  const fetch = 'curl -sfo "$SCRATCH/$1" "$BLOBS/$1"';
  const both = check ? `${fetch}; openssl dgst -sha256 -r "$SCRATCH/$1" | grep -q "^\${1#sha256:} "` : fetch;
  const env = [`SCRATCH=${scratch}`, `BLOBS=http://${registry}/v2/${REPOSITORY}/blobs`, `ONE=${both}`];
  const script = 'for digest; do echo "$digest"; done | xargs -P 4 -I{} sh -euc "$ONE" sh {}';
  return measured(['env', ...env, 'sh', '-euc', script, 'sh', ...blobs]);
}

/** Bytes in both directions, everything included. */
async function forOneFile(registry: string, directory: string): Promise<number> {
  return into(async (scratch) => {
    const proxy = await countingProxy(registry);
    try {
      const image = `${proxy.host}/${REPOSITORY}:v1`;
      await run([STOWAGE, 'pull', image, `${scratch}/model`, '--include', 'parts/7.bin']);
      await run(['cmp', `${scratch}/model/parts/7.bin`, `${directory}/parts/7.bin`]);
      return proxy.bytes;
    } finally {
      await proxy.stop();
    }
  });
}
