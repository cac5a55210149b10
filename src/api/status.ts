import { z } from 'zod';
import { builderName } from './builder-name.ts';
import { Conditions } from './condition.ts';
import { count, timestamp } from './fields.ts';

const bytes = z
  .object({
    source: count().describe('Bytes of the files of the model.'),
    read: count()
      .exactOptional()
      .describe(
        'Bytes read from the storage for the image; looking at the headers of files beforehand is not counted.',
      ),
    sent: count().exactOptional().describe('Bytes sent to the registry.'),
    reused: count()
      .exactOptional()
      .describe('Bytes that the registry had already or took from another repository.'),
  })
  .describe('What the build read and sent. The builder kaniko tells of the source alone.');

const model = z
  .object({
    format: z
      .enum(['safetensors', 'gguf', 'onnx', 'pickle', 'other'])
      .exactOptional()
      .describe('Format of the weights.'),
    parameters: count().exactOptional().describe('Number of weights, the sum over all tensors.'),
    precision: z
      .string()
      .exactOptional()
      .describe('Types of the weights, the most frequent first, such as BF16,F32.'),
    quantization: z.string().exactOptional().describe('How the weights are quantised, such as Q4_K_M.'),
    tensors: count().exactOptional().describe('Number of tensors.'),
    contextLength: count().exactOptional().describe('Longest input, in tokens.'),
    architecture: z.string().exactOptional().describe('Name of the architecture, such as llama.'),
  })
  .describe('What the files of the model say of themselves; what they do not say is left out.');

const progress = z
  .object({
    bytes: count().describe('Bytes of layers done so far.'),
    total: count().describe('Bytes of all layers.'),
    rate: count().exactOptional().describe('Bytes per second.'),
    eta: count().exactOptional().describe('Seconds until it will be done at this rate.'),
  })
  .describe('How far the running build is.');

/** One of each layer that an image can have; more is none of ours. */
export const MAX_UPLOADS = 127;
/** A registry's own state in an address has some hundred characters. */
const MAX_LOCATION = 8192;

const uploads = z
  .array(
    z
      .object({
        key: z
          .string()
          .regex(/^[0-9a-f]{32}$/)
          .describe('Tells the content of the layer from any other.'),
        location: z
          .string()
          .max(MAX_LOCATION)
          .exactOptional()
          .describe('Address at the registry where it goes on; left out where the layer was stored.'),
      })
      .describe('An upload of one layer.'),
  )
  .max(MAX_UPLOADS)
  .describe(
    'Uploads that an attempt has begun and not finished: the next one goes on with them. With them the layers that it has stored: the next one asks for them before it sends them.',
  );

/** What is. KubeDL's fields first, with its names and meanings. */
export const ModelVersionStatus = z
  .object({
    image: z
      .string()
      .exactOptional()
      .describe(
        'The image with its tag and digest, such as registry.example.com/team-a/bert:v3@sha256:… . Can be run as it is; it stays the same image when the tag moves.',
      ),
    imageBuildPhase: z
      .enum(['ImageBuilding', 'ImageBuildFailed', 'ImageBuildSucceeded'])
      .exactOptional()
      .describe('How the build stands.'),
    finishTime: timestamp().exactOptional().describe('When the build succeeded or failed (RFC 3339).'),
    message: z.string().exactOptional().describe('How the build stands, in a sentence for people.'),
    digest: z
      .string()
      .exactOptional()
      .describe('Digest of the image, such as sha256:… . Pull by it to get these very bytes.'),
    imageTag: z.string().exactOptional().describe('Tag of the image, the default filled in.'),
    size: count()
      .exactOptional()
      .describe(
        'Bytes of all layers of the image (of one platform), as stored. The builder kaniko does not tell.',
      ),
    bytes: bytes.exactOptional(),
    model: model.exactOptional(),
    record: z
      .string()
      .exactOptional()
      .describe(
        'Digest of the record beside the image of what was read: with it the next version reads and sends only what has changed.',
      ),
    uploads: uploads.exactOptional(),
    progress: progress.exactOptional(),
    attempts: count().exactOptional().describe('How often the build was tried.'),
    failures: count()
      .exactOptional()
      .describe('How many attempts have failed since it was first or again asked for.'),
    startTime: timestamp().exactOptional().describe('When the present or last attempt began (RFC 3339).'),
    retryTime: timestamp()
      .exactOptional()
      .describe('When the next attempt begins, while one is waited for (RFC 3339).'),
    queuePosition: count()
      .exactOptional()
      .describe('How many builds come before this one, while it waits for its turn.'),
    builder: builderName().exactOptional().describe('Who builds, or built last: stream or kaniko.'),
    builderPod: z
      .string()
      .exactOptional()
      .describe('Name of the pod that builds the image, in the namespace of the ModelVersion.'),
    lastHandledRetry: z
      .string()
      .exactOptional()
      .describe('Token of the last annotation model.kubedl.io/retry that was acted on.'),
    lastHandledCancel: z
      .string()
      .exactOptional()
      .describe('Token of the last annotation model.kubedl.io/cancel that was acted on.'),
    conditions: Conditions.exactOptional().describe(
      'Ready, Reconciling, Stalled, StorageReady and Pushed, each with its reason.',
    ),
    observedGeneration: count()
      .exactOptional()
      .describe('The metadata.generation that this status was derived from.'),
  })
  .describe('What is. Written by whoever builds.');
export type ModelVersionStatus = z.infer<typeof ModelVersionStatus>;
