import type { ModelFacts } from '../artifact/artifact.ts';

/** Our group in the API, which labels of objects start with too. */
const PREFIX = 'model.kubedl.io/';

/** What is known of the model, as labels of the config and annotations of the manifest: `model.kubedl.io/format`, … */
export function factLabels(facts: ModelFacts): Record<string, string> {
  const values = {
    format: facts.format,
    parameters: facts.parameters,
    precision: facts.precision,
    quantization: facts.quantization,
    'context-length': facts.contextLength,
    architecture: facts.architecture,
    tensors: facts.tensors,
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[PREFIX + name, String(value)]],
    ),
  );
}
