import { describe, expect, it } from 'vitest';
import { modelStatus, reconcileModel } from '../../src/controller/reconcile-model.ts';
import { MODELS, type ModelVersionObject } from '../../src/api/resources.ts';
import { ago, DIGEST, model, version } from './support.ts';

function built(name: string, finished: number, metadata = {}): ModelVersionObject {
  return version({
    metadata: { name, uid: name, ...metadata },
    status: {
      imageBuildPhase: 'ImageBuildSucceeded',
      image: `x:${name}`,
      digest: DIGEST,
      finishTime: ago(finished),
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Succeeded',
          message: '',
          lastTransitionTime: ago(finished),
        },
      ],
    },
  });
}

const building = version({
  metadata: { name: 'v9', uid: 'v9' },
  status: { imageBuildPhase: 'ImageBuilding' },
});
const failed = version({
  metadata: { name: 'v8', uid: 'v8' },
  status: { imageBuildPhase: 'ImageBuildFailed' },
});
const ofKubeDL = version({
  metadata: { name: 'old', uid: 'old' },
  status: { imageBuildPhase: 'ImageBuildSucceeded', image: 'x:old', finishTime: ago(500) },
});

describe('the latest version of a Model', () => {
  const cases: [string, ModelVersionObject[], string | undefined][] = [
    ['is none without versions', [], undefined],
    ['is none while none is Ready', [building, failed], undefined],
    ['is the only Ready one', [building, built('v1', 10), failed], 'v1'],
    [
      'is the one that finished last, whatever their order',
      [built('v2', 10), built('v1', 5), built('v3', 20)],
      'v1',
    ],
    [
      'of two that finished at once is the later made',
      [built('v1', 5, { creationTimestamp: ago(30) }), built('v0', 5)],
      'v1',
    ],
    ['of two that were made at once as well is the greater name', [built('v1', 5), built('v2', 5)], 'v2'],
    ['is none that is being deleted', [built('v1', 5, { deletionTimestamp: ago(1) }), built('v0', 9)], 'v0'],
    ['may be one that KubeDL built', [ofKubeDL, building], 'old'],
  ];
  it.each(cases)('%s', (_, versions, latest) => {
    expect(modelStatus(versions).latestVersion?.modelVersion).toBe(latest);
    expect(modelStatus([...versions].reverse()).latestVersion?.modelVersion).toBe(latest);
  });

  it('comes with its image, digest and the number of versions', () => {
    expect(modelStatus([built('v1', 5), building])).toEqual({
      latestVersion: { modelVersion: 'v1', imageName: 'x:v1', digest: DIGEST },
      versions: 2,
    });
  });
});

describe('the status of a Model', () => {
  const writes: unknown[] = [];
  const api = {
    update: (...call: unknown[]) => {
      writes.push(call);
      return Promise.resolve(model as never);
    },
  };

  it('is written only where it is another', async () => {
    await reconcileModel(api, model, [built('v1', 5)]);
    expect(writes).toEqual([
      [MODELS, { ...model, status: modelStatus([built('v1', 5)]) }, { subresource: 'status' }],
    ]);
    await reconcileModel(api, { ...model, status: modelStatus([built('v1', 5)]) }, [built('v1', 5)]);
    expect(writes).toHaveLength(1);
  });
});
