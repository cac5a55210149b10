import { describe, expect, it } from 'vitest';
import type { ModelVersionObject } from '../../src/api/resources.ts';
import { buildOf } from '../../src/controller/build-of.ts';
import { decide } from '../../src/controller/decide.ts';
import type { Setting } from '../../src/controller/observed.ts';

import { Settings } from '../../src/controller/settings.ts';
import { ALLOWED, BUILDING, claim, node, NOW, PREPARED, seen, version, volume } from './support.ts';

const settings = Settings.parse({ builder: { image: 'stowage:1' } });
const DIGEST = `sha256:${'1'.repeat(64)}`;
const RECORD = `sha256:${'2'.repeat(64)}`;
const upload = { key: 'a'.repeat(64), location: 'https://r.example.com/v2/team-a/bert/blobs/uploads/1' };

type Status = NonNullable<ModelVersionObject['status']>;

/** The container of the pod that is made next. */
function container(
  before: Status | undefined,
  more: object = {},
): { args: string[]; env: { name: string; value?: string }[] } {
  const earlier = before && [version({ status: { imageBuildPhase: 'ImageBuildSucceeded', ...before } })];
  const setting: Setting = {
    ...{ now: NOW, settings },
    buildOf: (of) => buildOf(of, { settings, authorities: undefined }, () => earlier ?? []),
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
  return (pod.draft.spec as unknown as { containers: [ReturnType<typeof container>] }).containers[0];
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
});
