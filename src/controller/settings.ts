import { z } from 'zod';
import { builderName, DEFAULT_BUILDER } from '../api/builder-name.ts';
import { Tolerations } from '../api/pod-fields.ts';
import { RATE } from '../pack/rate.ts';

/**
 * The controller's settings: one YAML file. Every field has a default but `builder.image`, so that a file of one line
 * is enough. Times are seconds.
 */

const seconds = (text: string, fallback: number) =>
  z
    .int()
    .min(1)
    .max(30 * 86_400)
    .default(fallback)
    .describe(`${text} Seconds.`);

const QUANTITY = /^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/;
const resources = z
  .record(z.string(), z.string().regex(QUANTITY, 'a quantity such as 500m or 256Mi'))
  .describe('Amounts by resource, such as cpu: 500m.');

/**
 * The engine's memory does not grow with the model: 130 MB at its peak. One core reads, hashes and sends about 1 GB/s;
 * without a limit on cores a build on a node that has nothing else to do is as fast as it can be.
 */
const REQUESTS = { cpu: '100m', memory: '256Mi' };
const LIMITS = { memory: '512Mi' };

const pullPolicy = z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent');

/**
 * With the arguments that it is given Kaniko takes 41 MB for a model of 1 GiB; a base with very many files takes more.
 * What grows with the model is the disk: see sizeHint.
 */
const KANIKO_REQUESTS = { cpu: '100m', memory: '256Mi' };
const KANIKO_LIMITS = { memory: '1Gi' };

const kaniko = z
  .strictObject({
    image: z
      .string()
      .min(1)
      .default('gcr.io/kaniko-project/executor:v1.24.0')
      .describe(
        'Image of Kaniko. The project behind the default is archived; https://github.com/chainguard-forks/kaniko goes on with it, and has no images for all: build one, and name it here.',
      ),
    imagePullPolicy: pullPolicy.describe('When it is pulled.'),
    requests: resources.default(KANIKO_REQUESTS).describe('Resources that a Kaniko pod asks for.'),
    limits: resources.default(KANIKO_LIMITS).describe('Resources that a Kaniko pod may not exceed.'),
    compression: z
      .enum(['gzip', 'zstd'])
      .default('gzip')
      .describe('How Kaniko compresses its layer, which it cannot leave as it is.'),
    compressionLevel: z
      .int()
      .min(1)
      .max(9)
      .default(1)
      .describe('How hard it tries, from 1 to 9. Weights hardly get smaller, so 1 saves the most time.'),
  })
  .prefault({})
  .describe('The builder kaniko.');

const builder = z
  .strictObject({
    use: builderName()
      .default(DEFAULT_BUILDER)
      .describe(
        'Who builds versions that do not say so in spec.builder: stream or kaniko. Builds that run go on as they began.',
      ),
    image: z.string().min(1).describe('Image of the builder: the one that the controller itself runs from.'),
    imagePullPolicy: pullPolicy.describe('When it is pulled.'),
    requests: resources
      .default(REQUESTS)
      .describe('Resources that a builder pod asks for. They need not grow with the model.'),
    limits: resources.default(LIMITS).describe('Resources that a builder pod may not exceed.'),
    tolerations: Tolerations.default([]).describe(
      'Taints that every builder pod tolerates, besides what a ModelVersion says.',
    ),
    priorityClassName: z
      .string()
      .optional()
      .describe('Priority of builder pods. Default: that of the cluster.'),
    bandwidth: z
      .string()
      .regex(RATE, 'a rate such as 50MB/s or 100Mbit/s')
      .optional()
      .describe(
        'How much a pod of the builder stream may send, such as 50MB/s or 100Mbit/s. Default: as much as there is.',
      ),
    base: z.string().optional().describe('Base image of ModelVersions that name none. Default: none.'),
    kaniko,
  })
  .describe('The pods that build images.');

const registries = z
  .strictObject({
    plainHttp: z
      .array(z.string())
      .default([])
      .describe('Registries that are spoken to without TLS, as host or host:port.'),
    caFile: z
      .string()
      .optional()
      .describe(
        "PEM file with authorities to trust besides the system's, as the controller sees it; a relative path is relative to the file with the settings. At most 96 KiB: it reaches builder pods in their environment.",
      ),
    pushSecret: z
      .string()
      .default('regcred')
      .describe(
        'Secret with push credentials that is used where a ModelVersion names none and the namespace has it.',
      ),
  })
  .prefault({})
  .describe('Registries.');

const limits = z
  .strictObject({
    running: z.int().min(1).default(8).describe('Builds that run at once.'),
    runningPerNamespace: z
      .int()
      .min(1)
      .optional()
      .describe('Builds of one namespace that run at once. Default: as many as of all.'),
  })
  .prefault({})
  .describe(
    'How much is done at once. Other builds wait: namespaces take turns, and in each it is first come, first served.',
  );

const deadlines = z
  .strictObject({
    storage: seconds('From the start of an attempt until its volume is bound.', 120),
    start: seconds('From the creation of the builder pod until it runs: scheduling, mounting, pulling.', 600),
    build: seconds('How long a builder pod may run.', 86_400),
    lostNode: seconds('After which a builder pod on a lost node is deleted by force.', 60),
  })
  .prefault({})
  .describe('How long each phase of a build may take.');

const retries = z
  .strictObject({
    attempts: z.int().min(1).default(8).describe('Attempts before a build is given up.'),
    firstDelay: seconds('Between the first attempt and the second; it doubles each time.', 10),
    maxDelay: seconds('The longest that is waited.', 600),
  })
  .prefault({})
  .describe('What can succeed later is tried again.');

export const Settings = z.strictObject({
  builder,
  registries,
  limits,
  deadlines,
  retries,
  policy: z
    .strictObject({
      allowAll: z
        .boolean()
        .default(false)
        .describe(
          'Whether everything is allowed without any StoragePolicy. Whoever may create a ModelVersion can then read every file of every node: for trying things out only.',
        ),
    })
    .prefault({})
    .describe('What is allowed.'),
});

export type Settings = z.infer<typeof Settings>;
