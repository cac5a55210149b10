import { z } from 'zod';
import type { ModelFacts } from './artifact.ts';
import { plainCount, plainText } from './header.ts';
import type { Place } from './link.ts';
import { quote } from './names.ts';
import { withSourceFile } from './source-file.ts';

/** Real ones have some KB; those with many labels some hundred. */
const MAX_CONFIG_BYTES = 1024 ** 2;

/** What is stated in the `config.json` that transformers writes. A part of another kind is as good as none. */
const text = z.unknown().optional().transform(plainText);
const count = z.unknown().optional().transform(plainCount);
const section = z.object({ max_position_embeddings: count, n_positions: count });
const schema = section.extend({
  architectures: z.tuple([text], z.unknown()).optional().catch(undefined),
  model_type: text,
  // Models for several kinds of input keep what is said of their text in a section of its own.
  text_config: section.optional().catch(undefined),
  quantization_config: z.object({ quant_method: text }).optional().catch(undefined),
});

export type ConfigFacts = Pick<ModelFacts, 'architecture' | 'contextLength' | 'quantization'>;

export interface ConfigFound {
  readonly facts: ConfigFacts;
  readonly warnings: readonly string[];
}

/** Facts from a config.json; or a warning where it cannot be understood. @throws what reading throws */
export async function readModelConfig(place: Place): Promise<ConfigFound> {
  return await withSourceFile(place, async (file) => {
    if (file.size > MAX_CONFIG_BYTES) return notUsed(place.path, 'is too long to be a configuration');
    try {
      const config = schema.parse(JSON.parse((await file.read(0, file.size)).toString('utf8')));
      return { facts: factsOf(config), warnings: [] };
    } catch (error) {
      const isContent = error instanceof SyntaxError || error instanceof z.ZodError;
      if (isContent) return notUsed(place.path, 'is no JSON object');
      throw error;
    }
  });
}

function notUsed(path: string, why: string): ConfigFound {
  return { facts: {}, warnings: [`${quote(path)} ${why}.`] };
}

function factsOf(config: z.infer<typeof schema>): ConfigFacts {
  const { text_config: inner = config } = config;
  const architecture = config.architectures?.[0] ?? config.model_type;
  const contextLength =
    config.max_position_embeddings ??
    config.n_positions ??
    inner.max_position_embeddings ??
    inner.n_positions;
  const quantization = config.quantization_config?.quant_method;
  return {
    ...(architecture !== undefined && { architecture }),
    ...(contextLength !== undefined && { contextLength }),
    ...(quantization !== undefined && { quantization }),
  };
}
