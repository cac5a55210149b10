import { z } from 'zod';
import { count, object, optionalText } from './fields.ts';
import { PROSE } from './grammar.ts';
import { API_VERSION } from './group.ts';
import { ObjectMeta } from './metadata.ts';

export const ModelSpec = object({
  description: optionalText(PROSE).describe('What the model is, for people.'),
}).describe('What is wanted.');

export const ModelStatus = z
  .object({
    latestVersion: z
      .object({
        modelVersion: z.string().describe('Name of the ModelVersion.'),
        imageName: z
          .string()
          .describe(
            'Its image with tag and digest, such as registry.example.com/team-a/bert:v3@sha256:… . Can be run as it is.',
          ),
        digest: z.string().exactOptional().describe('Digest of the image, such as sha256:… .'),
        record: z
          .string()
          .exactOptional()
          .describe('Digest of the record of what was read for it: see record of the ModelVersion.'),
      })
      .exactOptional()
      .describe('The version that last became ready.'),
    versions: count().exactOptional().describe('Number of its ModelVersions, ready or not.'),
  })
  .describe('What is. Written by the controller.');

/** A model: the name that its versions share. */
export const Model = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Model'),
  metadata: ObjectMeta,
  spec: ModelSpec.exactOptional(),
  status: ModelStatus.exactOptional(),
});

export type Model = z.infer<typeof Model>;
export type ModelStatus = z.infer<typeof ModelStatus>;
