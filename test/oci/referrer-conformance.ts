import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA, type Descriptor } from '../../src/oci/manifest.ts';
import type { Referrer, ReferrerStore, Target } from '../../src/oci/target.ts';
import { blobSource } from '../support/blob-sources.ts';

type Store = Target & ReferrerStore;

const NEVER = new AbortController().signal;
const TYPE = 'application/vnd.test.note.v1+json';
const EMPTY = Buffer.from('{}');

const source = (bytes: Buffer) => blobSource(bytes, { digestKnown: true });

async function image(target: Store, name: string): Promise<Descriptor> {
  const config = Buffer.from(JSON.stringify({ name }));
  await target.writeBlob(source(config), { signal: NEVER });
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    config: { mediaType: MEDIA.config, digest: digestOf(config), size: config.length },
    layers: [],
  };
  return target.writeManifest(MEDIA.manifest, Buffer.from(JSON.stringify(manifest)), {
    tag: name,
    signal: NEVER,
  });
}

async function note(
  target: Store,
  subject: Descriptor,
  { by = 'ann', text = '', artifactType = TYPE } = {},
): Promise<Referrer> {
  const bytes = Buffer.from(JSON.stringify({ text }));
  await target.writeBlob(source(EMPTY), { signal: NEVER });
  await target.writeBlob(source(bytes), { signal: NEVER });
  const annotations = { 'test.by': by };
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    artifactType,
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(EMPTY), size: EMPTY.length },
    layers: [{ mediaType: artifactType, digest: digestOf(bytes), size: bytes.length }],
    subject,
    annotations,
  };
  return { bytes: Buffer.from(JSON.stringify(manifest)), subject: subject.digest, artifactType, annotations };
}

export interface ReferrerOptions {
  /** Whether it lists what was stored. */
  readonly lists: boolean;
  /** Whether one that says the same as an older one takes its place. */
  readonly replaces: boolean;
}

/** What every ReferrerStore does. `open` is called once in each test, and gives a place that nobody else uses. */
export function referrerConformance(
  name: string,
  open: () => Promise<Store>,
  { lists, replaces }: ReferrerOptions,
): void {
  const digests = async (target: Store, subject: Descriptor, type = TYPE): Promise<string[]> =>
    (await target.listReferrers(subject.digest, type, NEVER)).map(({ digest }) => digest).sort();

  describe(`documents about images: ${name}`, () => {
    it('are none at first, also of an image that is not there', async () => {
      const target = await open();
      expect(await digests(target, await image(target, 'plain'))).toEqual([]);
      expect(await target.listReferrers(digestOf('nothing'), TYPE, NEVER)).toEqual([]);
    });

    it('are read by their digest, and listed by their type', async () => {
      const target = await open();
      const subject = await image(target, 'noted');
      const other = await image(target, 'other');
      const mine = await note(target, subject);
      const stored = await target.writeReferrer(mine, NEVER);
      const signature = await note(target, subject, { artifactType: 'application/vnd.test.signature' });
      await target.writeReferrer(signature, NEVER);
      expect(stored.digest).toBe(digestOf(mine.bytes));
      expect((await target.readManifest(stored.digest, NEVER))?.bytes).toEqual(mine.bytes);
      expect(await digests(target, subject)).toEqual(lists ? [stored.digest] : []);
      expect(await digests(target, other)).toEqual([]);
    });

    it('take the place of what the same one said before, and of nothing else', async () => {
      const target = await open();
      const subject = await image(target, 'replaced');
      const old = await note(target, subject, { text: 'old' });
      const others = await note(target, subject, { by: 'bob' });
      const fresh = await note(target, subject, { text: 'new' });
      for (const each of [old, others, fresh, fresh]) await target.writeReferrer(each, NEVER);
      const kept = replaces ? [others, fresh] : [old, others, fresh];
      expect(await digests(target, subject)).toEqual(
        lists ? kept.map(({ bytes }) => digestOf(bytes)).sort() : [],
      );
    });

    it('survive each other when two are stored at once, at least one of them', async () => {
      const target = await open();
      const subject = await image(target, 'crowded');
      const notes = await Promise.all(['ann', 'bob'].map((by) => note(target, subject, { by })));
      await Promise.all(notes.map((each) => target.writeReferrer(each, NEVER)));
      const listed = await digests(target, subject);
      expect(listed.length).toBeGreaterThanOrEqual(lists ? 1 : 0);
      const all = notes.map(({ bytes }) => digestOf(bytes));
      expect(listed.filter((digest) => !all.some((each) => each === digest))).toEqual([]);
    });

    it('are made of blobs that can be read by their digest alone', async () => {
      const target = await open();
      const bytes = Buffer.from(`small ${name}`);
      await target.writeBlob(source(bytes), { signal: NEVER });
      const read = await target.readSmallBlob(digestOf(bytes), bytes.length, NEVER);
      expect(read && Buffer.from(read)).toEqual(bytes);
      expect(await target.readSmallBlob(digestOf('gone'), 100, NEVER)).toBeUndefined();
      await expect(target.readSmallBlob(digestOf(bytes), bytes.length - 1, NEVER)).rejects.toMatchObject({
        message: expect.stringContaining(`more than ${bytes.length - 1} bytes`) as string,
      });
    });
  });
}
