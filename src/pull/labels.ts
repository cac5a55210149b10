import { z } from 'zod';
import type { ModelFacts } from '../artifact/artifact.ts';
import { plainCount, plainText } from '../artifact/header.ts';
import type { ImageConfig } from '../oci/manifest.ts';
import type { OpenedImage } from './image.ts';

const PREFIX = 'model.kubedl.io/';

const FORMATS = ['safetensors', 'gguf', 'onnx', 'pickle', 'other'] as const;
const format = z.enum(FORMATS).optional().catch(undefined);

/** The labels of a config that are texts. */
export function labelsOf({ config }: ImageConfig): Readonly<Record<string, string>> {
  const labels = config?.['Labels'];
  if (typeof labels !== 'object' || labels === null) return {};
  const texts = Object.entries(labels).filter(
    (label): label is [string, string] => typeof label[1] === 'string',
  );
  return Object.fromEntries(texts);
}

/** What the image says of its model: our labels `model.kubedl.io/…`; undefined where it has none. */
export function statedFacts({ manifest, config }: OpenedImage): ModelFacts | undefined {
  const all = { ...labelsOf(config), ...manifest.annotations };
  const names = [
    'format',
    'parameters',
    'precision',
    'quantization',
    'context-length',
    'architecture',
    'tensors',
  ];
  if (!names.some((name) => all[PREFIX + name] !== undefined)) return undefined;
  const text = (name: string): string | undefined =>
    plainText(all[PREFIX + name]?.replaceAll(',', ' '))?.replaceAll(' ', ',');
  const count = (name: string): number | undefined => plainCount(Number(all[PREFIX + name]));
  const facts = {
    format: format.parse(all[`${PREFIX}format`]),
    parameters: count('parameters'),
    precision: text('precision'),
    quantization: plainText(all[`${PREFIX}quantization`]),
    tensors: count('tensors'),
    contextLength: count('context-length'),
    architecture: plainText(all[`${PREFIX}architecture`]),
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
