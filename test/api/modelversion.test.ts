import { describe, expect, it } from 'vitest';
import { ModelVersion } from '../../src/api/modelversion.ts';
import type { ModelFacts } from '../../src/artifact/artifact.ts';

const OBJECT = {
  apiVersion: 'model.kubedl.io/v1alpha1',
  kind: 'ModelVersion',
  metadata: { name: 'bert-v3' },
  spec: { modelName: 'bert', imageRepo: 'a/bert', storage: { nfs: { server: 'nfs', path: '/' } } },
} as const;

describe('a ModelVersion that exists', () => {
  it('keeps the metadata that the API server wrote', () => {
    const metadata = {
      name: 'bert-v3',
      uid: '1',
      generation: 2,
      resourceVersion: '17',
      creationTimestamp: null,
    };
    expect(ModelVersion.parse({ ...OBJECT, metadata }).metadata).toEqual(metadata);
  });

  it('holds in its status every fact that is known of a model', () => {
    const facts: Required<ModelFacts> = {
      format: 'gguf',
      parameters: 7_000_000_000,
      precision: 'BF16,F32',
      quantization: 'Q4_K_M',
      tensors: 291,
      contextLength: 4096,
      architecture: 'llama',
    };
    const { status } = ModelVersion.parse({ ...OBJECT, status: { model: facts } });
    // Both ways: neither type may have a field that the other has not.
    const back: ModelFacts | undefined = status?.model;
    expect(back).toEqual(facts);
  });

  it.each(['safetensors', 'gguf', 'onnx', 'pickle', 'other'] satisfies ModelFacts['format'][])(
    'may be of the format %s',
    (format) => {
      expect(ModelVersion.parse({ ...OBJECT, status: { model: { format } } }).status?.model).toEqual({
        format,
      });
    },
  );

  it('says in its status where a build stands', () => {
    const status = {
      progress: { bytes: 1, total: 4, rate: 2, eta: 3 },
      attempts: 2,
      failures: 1,
      startTime: '2026-03-01T12:00:00Z',
      retryTime: '2026-03-01T12:00:10Z',
      queuePosition: 0,
      builderPod: 'bert-v3-1',
      lastHandledRetry: 'now',
      lastHandledCancel: 'never',
      observedGeneration: 1,
    };
    expect(ModelVersion.parse({ ...OBJECT, status }).status).toEqual(status);
  });

  it.each([
    [{ attempts: -1 }],
    [{ failures: 0.5 }],
    [{ queuePosition: '1' }],
    [{ retryTime: 'tomorrow' }],
    [{ startTime: '2026-03-01' }],
    [{ progress: { bytes: 1 } }],
  ])('may not say %j', (status) => {
    expect(ModelVersion.safeParse({ ...OBJECT, status }).success).toBe(false);
  });

  it('may have the status that KubeDL wrote', () => {
    const status = {
      image: 'a/bert:v3',
      imageBuildPhase: 'ImageBuildSucceeded',
      finishTime: '2021-09-01T08:00:00Z',
      message: 'Image build succeeded.',
    };
    expect(ModelVersion.parse({ ...OBJECT, status }).status).toEqual(status);
  });
});
