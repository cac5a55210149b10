import { z } from 'zod';
import { builderName } from './builder-name.ts';
import { object, optionalText, text, type CelRule } from './fields.ts';
import { IMAGE_REFERENCE, IMAGE_REPOSITORY, IMAGE_TAG, LINE, OBJECT_NAME, QUANTITY } from './grammar.ts';
import { API_VERSION } from './group.ts';
import { ObjectMeta } from './metadata.ts';
import { ImagePushSecrets, SecurityContext, Tolerations } from './pod-fields.ts';
import { ModelVersionStatus } from './status.ts';
import { Storage } from './storage.ts';

/** A layout is a directory of the machine that builds; in a cluster nobody would find it again. */
const NO_LAYOUT: CelRule = {
  rule: "!self.startsWith('oci:')",
  message: 'oci:DIRECTORY is for one machine; in a cluster, name a repository in a registry',
};

/** What is wanted. All of it is fixed once it is applied, but for `suspend`. A new field is one entry here. */
export const ModelVersionSpec = object({
  modelName: text(OBJECT_NAME).describe(
    'Name of the Model that this is a version of, such as bert. It is made if it is missing.',
  ),
  createdBy: optionalText(LINE).describe(
    'Who or what made this version, such as the name of a training job. For people.',
  ),
  storage: Storage,
  imageRepo: text(IMAGE_REPOSITORY, NO_LAYOUT).describe(
    'Repository that the image goes to, without tag or digest, such as registry.example.com/team-a/bert. On one machine also oci:DIRECTORY, an OCI image layout.',
  ),
  imageTag: optionalText(IMAGE_TAG).describe(
    'Tag of the image, such as v3. Default: the first 5 characters of the UID of the ModelVersion.',
  ),
  base: optionalText(IMAGE_REFERENCE, NO_LAYOUT).describe(
    'Image that the layers of the model go on top of, such as registry.example.com/busybox:1.37. Default: none, the image holds the model alone.',
  ),
  compression: z
    .enum(['none', 'zstd'])
    .exactOptional()
    .describe(
      'How layers are compressed: none or zstd. Default: none. zstd is read by containerd, and refused by the fetch mode of KServe.',
    ),
  overwrite: z
    .boolean()
    .exactOptional()
    .describe(
      'Whether a tag that exists with another digest is moved to this image. Default: false, the build is refused.',
    ),
  verifySource: z
    .enum(['full', 'changed', 'none'])
    .exactOptional()
    .describe(
      'Which files are read though an earlier build has recorded their digests: all with full; with changed those of another size, time or inode; with none only those of another path or size, for storages that keep neither times nor inodes. Default: changed.',
    ),
  builder: builderName()
    .exactOptional()
    .describe(
      'Who builds the image: stream, which sends the files while it reads them, or kaniko, which runs as root and copies them first. Default: what the settings of the controller say, stream if nothing. In a cluster only.',
    ),
  sizeHint: optionalText(QUANTITY).describe(
    "About how many bytes the model has, such as 40Gi: so much room, twice, the builder kaniko then asks for on the node's disk. In a cluster only.",
  ),
  imagePushSecrets: ImagePushSecrets.exactOptional(),
  securityContext: SecurityContext.exactOptional(),
  tolerations: Tolerations.exactOptional(),
  suspend: z
    .boolean()
    .exactOptional()
    .describe('Whether the build is held back. The one field that can change. Default: false.'),
}).describe('What is wanted. Fixed once it is applied, but for suspend.');

/** One version of a model: where it lies, and which image it becomes. */
export const ModelVersion = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('ModelVersion'),
  metadata: ObjectMeta,
  spec: ModelVersionSpec,
  status: ModelVersionStatus.exactOptional(),
});

export type ModelVersionSpec = z.infer<typeof ModelVersionSpec>;
export type ModelVersion = z.infer<typeof ModelVersion>;

export type { ModelVersionStatus, Storage };
