import { z } from 'zod';

/** Who can build an image in a cluster. */
export const BUILDERS = ['stream', 'kaniko'] as const;

export type BuilderName = (typeof BUILDERS)[number];

/** The one that everybody may use, and that nobody has to name. */
export const DEFAULT_BUILDER: BuilderName = 'stream';

export const builderName = (): z.ZodEnum<{ stream: 'stream'; kaniko: 'kaniko' }> => z.enum(BUILDERS);
