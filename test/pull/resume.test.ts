import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import { TITLE_ANNOTATION } from '../../src/image/manifest.ts';
import { openLayout } from '../../src/layout/layout.ts';
import { NoRanges } from '../../src/oci/no-ranges.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA, type Descriptor } from '../../src/oci/manifest.ts';
import type { ReadableStore } from '../../src/pull/image.ts';
import { SILENT } from '../../src/telemetry/progress.ts';
import { someBytes } from '../support/blob-sources.ts';
import { putImage, tarOf } from '../support/images.ts';
import { tempDir } from '../support/tempdir.ts';
import { rejectionOf } from '../support/thrown.ts';
import { filesIn, pullFrom } from './support.ts';
import { gzipSync } from 'node:zlib';

const MIB = 1024 ** 2;
const WEIGHTS = someBytes(100 * MIB, 'weights');
const FILES = tarOf(['models/a', someBytes(10 * MIB, 'a')], ['models/b', someBytes(10 * MIB, 'b')]);

let root: string;
let out: string;
let layout: ReadableStore;
beforeEach(async () => {
  root = await tempDir();
  out = join(root, 'out');
  const target = openLayout(join(root, 'images'));
  await putImage(target, [
    { bytes: tarOf(['models/weights', WEIGHTS]), annotations: { [TITLE_ANNOTATION]: 'weights.tar' } },
    { bytes: FILES },
    {
      bytes: gzipSync(tarOf(['models/c', someBytes(5 * MIB, 'c')]), { level: 1 }),
      mediaType: MEDIA.layerGzip,
    },
  ]);
  layout = target;
});

/** A store like the layout that breaks after so many bytes of contents, or does something else to them. */
function store(
  change: (chunk: Uint8Array, given: number, from: number) => Uint8Array,
): ReadableStore & { given: number; ranges: [number, number][] } {
  const made = {
    name: layout.name,
    given: 0,
    ranges: [] as [number, number][],
    readManifest: layout.readManifest.bind(layout),
    readBlob: layout.readBlob.bind(layout),
    async *readRange(
      blob: Descriptor,
      from: number,
      length: number,
      signal: AbortSignal,
    ): AsyncGenerator<Uint8Array> {
      made.ranges.push([from, length]);
      for await (const chunk of layout.readRange(blob, from, length, signal)) {
        made.given += chunk.length;
        yield change(chunk, made.given, from);
      }
    },
  };
  return made;
}

function breaksAfter(bytes: number): ReturnType<typeof store> {
  return store((chunk, given) => {
    if (given > bytes) throw new StowageError('RegistryUnreachable', 'cut');
    return chunk;
  });
}

function readlinkIfThere(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function isRight(): void {
  expect(Object.keys(filesIn(out))).toEqual(['a', 'b', 'c', 'weights']);
  expect(readFileSync(join(out, 'weights')).equals(WEIGHTS)).toBe(true);
  expect(readFileSync(join(out, 'b')).equals(someBytes(10 * MIB, 'b'))).toBe(true);
  expect(readFileSync(join(out, 'c')).equals(someBytes(5 * MIB, 'c'))).toBe(true);
}

describe('a pull that was stopped', () => {
  it.each([1, 10, 40, 70, 99, 118])('after %i MiB fetches only the rest', async (mib) => {
    const first = breaksAfter(mib * MIB);
    expect(await rejectionOf(pullFrom(first, out))).toMatchObject({ message: 'cut' });
    const second = store((chunk) => chunk);
    const report = await pullFrom(second, out);
    isRight();
    expect(readdirSync(out).sort()).toEqual(['a', 'b', 'c', 'weights']);
    // What had not been written yet, of each connection.
    expect(first.given + second.given).toBeLessThan(126 * MIB + 4 * MIB);
    expect(report.bytes.resumed + report.bytes.same).toBeGreaterThan((mib - 4) * MIB);
  });

  it('shows no file before it is whole', async () => {
    await rejectionOf(pullFrom(breaksAfter(50 * MIB), out));
    expect(readdirSync(out)).toEqual(['.stowage-pull']);
  });

  it('is checked again: what has rotten meanwhile is fetched once more', async () => {
    await rejectionOf(pullFrom(breaksAfter(60 * MIB), out));
    const work = join(out, '.stowage-pull');
    for (const name of readdirSync(work).filter((each) => each.endsWith('.partial'))) {
      const bytes = readFileSync(join(work, name));
      bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
      writeFileSync(join(work, name), bytes);
    }
    await pullFrom(
      store((chunk) => chunk),
      out,
    );
    isRight();
  });

  it.each(['', 'nonsense', '0 99999999999\n', '5 1\n-1 7\n0 100', '0 1048576\n0 1048576\n'])(
    'goes on whatever the journal says: %j',
    async (text) => {
      await rejectionOf(pullFrom(breaksAfter(60 * MIB), out));
      const work = join(out, '.stowage-pull');
      for (const name of readdirSync(work).filter((each) => each.endsWith('.ranges')))
        writeFileSync(join(work, name), text);
      await pullFrom(
        store((chunk) => chunk),
        out,
      );
      isRight();
    },
  );

  it.runIf(process.platform === 'linux')(
    'closes its files also where it ends while it checks one',
    async () => {
      const layer = tarOf(['models/weights', WEIGHTS]);
      const name = `${digestOf(layer).slice('sha256:'.length)}-512-${WEIGHTS.length}`;
      const work = join(out, '.stowage-pull');
      mkdirSync(work, { recursive: true });
      writeFileSync(join(work, `${name}.partial`), WEIGHTS);
      writeFileSync(join(work, `${name}.ranges`), `0 ${WEIGHTS.length}\n`);
      const stop = new AbortController();
      const progress = { ...SILENT, layerBytes: () => stop.abort(new StowageError('Cancelled', 'stop')) };
      await rejectionOf(pullFrom(layout, out, { progress, signal: stop.signal }));
      const open = readdirSync('/proc/self/fd').map((fd) => readlinkIfThere(`/proc/self/fd/${fd}`));
      expect(open.filter((path) => path.startsWith(out))).toEqual([]);
      expect(readdirSync(work)).toContain(`${name}.partial`);
      const report = await pullFrom(layout, out);
      expect(report.bytes.resumed).toBeGreaterThanOrEqual(WEIGHTS.length);
      isRight();
    },
  );

  it('says that the same command goes on', async () => {
    const stop = new AbortController();
    const stopping = store((chunk, given) => {
      if (given > 30 * MIB) stop.abort(new StowageError('Cancelled', 'interrupted by SIGINT'));
      return chunk;
    });
    expect(await rejectionOf(pullFrom(stopping, out, { signal: stop.signal }))).toMatchObject({
      code: 'Cancelled',
      hint: expect.stringContaining('the same command goes on') as string,
    });
    await pullFrom(
      store((chunk) => chunk),
      out,
    );
    isRight();
  });
});

describe('a process that was killed while it gave a file its name', () => {
  it('has left two names of one file, and neither is written to', async () => {
    const digest = digestOf(FILES).slice('sha256:'.length);
    const work = join(out, '.stowage-pull');
    mkdirSync(work, { recursive: true });
    writeFileSync(join(out, 'a'), someBytes(10 * MIB, 'a'));
    for (const ending of ['file', 'partial'])
      linkSync(join(out, 'a'), join(work, `${digest}-0-${FILES.length}.${ending}`));
    const { ino } = statSync(join(out, 'a'));
    await pullFrom(
      store((chunk) => chunk),
      out,
    );
    isRight();
    expect(statSync(join(out, 'a')).ino).toBe(ino);
    expect(readFileSync(join(out, 'a')).equals(someBytes(10 * MIB, 'a'))).toBe(true);
  });
});

describe('a store that gives wrong bytes', () => {
  it('ends the pull, and nothing has appeared', async () => {
    const wrong = store((chunk, _, from) =>
      from > 1000 && chunk.length > 100_000 ? Buffer.from(chunk).fill(1, 0, 1) : chunk,
    );
    expect(await rejectionOf(pullFrom(wrong, out))).toMatchObject({ code: 'RegistryCorrupt' });
    expect(readdirSync(out)).not.toContain('weights');
  });
});

describe('a store that gives blobs from their beginning only', () => {
  function wholeOnly(): ReturnType<typeof store> {
    const made = store((chunk) => chunk);
    const readRange = made.readRange.bind(made);
    made.readRange = (blob, from, length, signal) => {
      if (from > 0) throw new NoRanges('it');
      return readRange(blob, from, length, signal);
    };
    return made;
  }

  it('is read in one stream for each layer', async () => {
    const whole = wholeOnly();
    await pullFrom(whole, out);
    isRight();
    expect(whole.ranges.filter(([from]) => from > 0)).toEqual([]);
    expect(whole.given).toBeLessThan(160 * MIB);
  });
});
