import { describe, expect, it } from 'vitest';
import type { ModelVersionObject } from '../../src/api/resources.ts';
import { buildOf } from '../../src/controller/build-of.ts';
import { decide } from '../../src/controller/decide.ts';
import type { Setting } from '../../src/controller/observed.ts';

import { Settings } from '../../src/controller/settings.ts';
import { ago, ALLOWED, BUILDING, claim, node, NOW, PREPARED, seen, version, volume } from './support.ts';

const settings = Settings.parse({ builder: { image: 'stowage:1' } });
const DIGEST = `sha256:${'1'.repeat(64)}`;
const RECORD = `sha256:${'2'.repeat(64)}`;
const upload = { key: 'a'.repeat(32), location: 'https://r.example.com/v2/team-a/bert/blobs/uploads/1' };

type Status = NonNullable<ModelVersionObject['status']>;

type Sibling = Parameters<typeof version>[0] & { readonly status: Status };

interface Container {
  readonly args: string[];
  readonly env: { readonly name: string; readonly value?: string }[];
}

/** The container of the pod that is made next. */
function container(before: Status | undefined, more: object = {}): Container {
  return containerAfter(before === undefined ? [] : [{ status: before }], more);
}

/** @param siblings those that finished first first */
function containerAfter(siblings: readonly Sibling[], more: object = {}): Container {
  const earlier = siblings.map(({ status, ...parts }, index) =>
    version({
      ...parts,
      status: { imageBuildPhase: 'ImageBuildSucceeded', finishTime: ago(100 - index), ...status },
    }),
  );
  const setting: Setting = {
    ...{ now: NOW, settings },
    buildOf: (of) => buildOf(of, { settings, authorities: undefined }, () => earlier),
  };
  const decision = decide(
    seen({
      version: version({ metadata: PREPARED, status: { ...BUILDING, ...more } }),
      ...{ node: node(), verdict: ALLOWED },
      owned: { volumes: [volume('Bound')], claims: [claim('Bound')], pods: [] },
    }),
    setting,
  );
  const pod = 'actions' in decision ? decision.actions[0] : undefined;
  if (pod?.do !== 'createPod') throw new Error('no pod is made');
  return (pod.draft.spec as unknown as { containers: [Container] }).containers[0];
}

describe('what a builder pod is told of before', () => {
  it('is the latest image of the Model, by its digest, with its record', () => {
    const image = `r.example.com/bert:v2@${DIGEST}`;
    const { args } = container({ image, digest: DIGEST, record: RECORD });
    expect(args).toContain(`--previous=r.example.com/bert:v2@${DIGEST}`);
    expect(args).toContain(`--record=${RECORD}`);
    expect(args).toContain('--storage=local:worker-7:/data/bert');
  });

  it.each<[string, Status | undefined]>([
    ['there is none', undefined],
    ['it is known by a tag alone', { image: 'r.example.com/bert:v2' }],
    ['its digest is none', { image: 'r.example.com/bert:v2', digest: 'x' }],
  ])('is no image where %s', (_, latest) => {
    expect(container(latest).args.join(' ')).not.toMatch(/--previous|--record/);
  });

  it('is no record that is none', () => {
    const latest = { image: 'r.example.com/bert:v2', digest: DIGEST, record: '../x' };
    expect(container(latest).args.join(' ')).toMatch(/--previous=(?!.*--record)/);
  });

  it('are the uploads that an attempt before has left', () => {
    const { env } = container(undefined, { uploads: [upload] });
    expect(env).toContainEqual({ name: 'STOWAGE_UPLOADS', value: JSON.stringify([upload]) });
    expect(JSON.stringify(container(undefined).env)).not.toContain('STOWAGE_UPLOADS');
  });

  const made = (name: string, more: Omit<Sibling, 'status'> & { readonly record?: string } = {}): Sibling => {
    const { record, ...parts } = more;
    const image = `r.example.com/bert:${name}@${DIGEST}`;
    return { ...parts, status: { image, digest: DIGEST, ...(record !== undefined && { record }) } };
  };
  const elsewhere = { spec: { storage: { nfs: { server: 'files', path: '/bert' } } } };
  const going = { metadata: { deletionTimestamp: ago(1) } };

  it.each<[string, Sibling[], string, string?]>([
    ['a record, though Kaniko made one since', [made('v1', { record: RECORD }), made('v2')], 'v1', RECORD],
    [
      'a record of the storage, though one was made from another since',
      [made('v1', { record: RECORD }), made('v2', { ...elsewhere, record: RECORD })],
      'v1',
      RECORD,
    ],
    [
      'a record, the last of them',
      [made('v1', { record: RECORD }), made('v2', { record: RECORD })],
      'v2',
      RECORD,
    ],
    [
      'an image, the last of them, where none has a record of the storage',
      [made('v1'), made('v2', { ...elsewhere, record: RECORD })],
      'v2',
      RECORD,
    ],
    [
      'a record, and is not being deleted',
      [made('v1', { record: RECORD }), made('v2', { ...going, record: RECORD })],
      'v1',
      RECORD,
    ],
  ])('is the image of the version that has %s', (_, siblings, name, record) => {
    const { args } = containerAfter(siblings);
    expect(args).toContain(`--previous=r.example.com/bert:${name}@${DIGEST}`);
    expect(args.filter((each) => each.startsWith('--record='))).toEqual(
      record === undefined ? [] : [`--record=${record}`],
    );
  });

  it('is a storage that a claim is another of when it was made anew', () => {
    const storage = { persistentVolumeClaim: { claimName: 'weights', path: '/bert' } };
    const [one, other] = ['one', 'other'].map((claimUid) => {
      const build = buildOf(version({ spec: { storage } }), { settings, authorities: undefined }, () => []);
      const place = { claimName: 'weights', claimUid, subPath: 'bert', directory: undefined };
      const limits = { nodes: undefined, maxBytes: undefined, maxSeconds: undefined };
      const spec = build.podSpec({ ...place, ...limits }) as unknown as { containers: [Container] };
      return spec.containers[0].args.find((each) => each.startsWith('--storage='));
    });
    expect(one).toBe('--storage=claim:team-a/weights:/bert:one');
    expect(other).toBe('--storage=claim:team-a/weights:/bert:other');
  });
});
