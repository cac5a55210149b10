import type { BuilderName } from '../api/builder-name.ts';
import type { Builder } from './builder.ts';
import { kanikoBuilder } from './kaniko/kaniko.ts';
import { streamBuilder } from './stream/stream.ts';

/** A builder is one folder and one line here. */
export const builders: Readonly<Record<BuilderName, Builder>> = {
  stream: streamBuilder,
  kaniko: kanikoBuilder,
};
