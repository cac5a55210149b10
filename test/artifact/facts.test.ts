import { describe, expect, it } from 'vitest';
import type { ModelFacts } from '../../src/artifact/artifact.ts';
import { scanArtifact } from '../../src/artifact/scan.ts';
import {
  ggufBytes,
  safetensorsBytes,
  torchBytes,
  u64,
  writeFiles,
  type GgufSpec,
} from '../support/model-files.ts';
import { tempDir } from '../support/tempdir.ts';

async function factsOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<ModelFacts> {
  const root = await tempDir();
  await writeFiles(root, files);
  return (await scanArtifact(root)).facts;
}

const weights = (elements: number, dtype = 'F16'): Buffer =>
  safetensorsBytes({ w: { dtype, shape: [elements] } });
const gguf = (elements: number, metadata: GgufSpec['metadata'] = {}): Buffer =>
  ggufBytes({ metadata, tensors: [{ name: 'w', dimensions: [elements], type: 1, bytes: elements * 2 }] });
const llama: GgufSpec['metadata'] = {
  'general.architecture': { text: 'llama' },
  'llama.context_length': { u32: 4096 },
  'general.file_type': { u32: 1 },
};

describe('the facts of a model', () => {
  it.each<[string, Record<string, string | Buffer>, ModelFacts]>([
    ['without weights', { 'a.txt': 'x' }, {}],
    [
      'of which only config.json speaks',
      { 'config.json': '{"model_type":"bert"}' },
      { architecture: 'bert' },
    ],
    [
      'in one safetensors file',
      { 'm.safetensors': weights(10) },
      { format: 'safetensors', tensors: 1, parameters: 10, precision: 'F16' },
    ],
    [
      'in several safetensors files',
      {
        'a/m.safetensors': weights(10),
        'b/m.safetensors': weights(7, 'BF16'),
        'c/m.safetensors': weights(4, 'BF16'),
      },
      { format: 'safetensors', tensors: 3, parameters: 21, precision: 'BF16,F16' },
    ],
    [
      'whose index does not name all safetensors files',
      {
        'model.safetensors.index.json': '{"weight_map":{"w":"1.safetensors"}}',
        '1.safetensors': weights(10),
        'consolidated.safetensors': weights(10),
        'adapter/a.safetensors': weights(1),
      },
      { format: 'safetensors', tensors: 2, parameters: 11, precision: 'F16' },
    ],
    ['with no tensors', { 'm.safetensors': safetensorsBytes({}) }, { format: 'safetensors', tensors: 0 }],
    [
      'in one GGUF file',
      { 'm.gguf': gguf(10, llama) },
      {
        format: 'gguf',
        tensors: 1,
        parameters: 10,
        architecture: 'llama',
        contextLength: 4096,
        quantization: 'F16',
      },
    ],
    [
      'in several GGUF files that belong together',
      { 'm-00001-of-00002.gguf': gguf(10, llama), 'm-00002-of-00002.gguf': gguf(20) },
      {
        format: 'gguf',
        tensors: 2,
        parameters: 30,
        architecture: 'llama',
        contextLength: 4096,
        quantization: 'F16',
      },
    ],
    [
      'in GGUF files of which each is a model: the largest',
      { 'm-Q2.gguf': gguf(10, llama), 'm-Q8.gguf': gguf(1000, { 'general.file_type': { u32: 7 } }) },
      { format: 'gguf', tensors: 1, parameters: 1000, quantization: 'Q8_0' },
    ],
    [
      'in the format that has the most bytes',
      { 'm.safetensors': weights(10_000), 'm.gguf': gguf(10) },
      { format: 'safetensors', tensors: 1, parameters: 10_000, precision: 'F16' },
    ],
    [
      'in pickles',
      { 'm.bin': torchBytes(), 'config.json': '{"model_type":"gpt2","n_positions":1024}' },
      { format: 'pickle', architecture: 'gpt2', contextLength: 1024 },
    ],
    ['in ONNX', { 'm.onnx': 'x' }, { format: 'onnx' }],
  ])('%s', async (_, files, facts) => {
    expect(await factsOf(files)).toEqual(facts);
  });

  it('leave out the number of parameters where they are packed', async () => {
    const packed = safetensorsBytes({
      qweight: { dtype: 'I32', shape: [100] },
      scales: { dtype: 'F16', shape: [50] },
    });
    const config = '{"quantization_config":{"quant_method":"gptq","bits":4}}';
    expect(await factsOf({ 'm.safetensors': packed, 'config.json': config })).toEqual({
      format: 'safetensors',
      tensors: 2,
      precision: 'I32,F16',
      quantization: 'gptq',
    });
  });

  it('count parameters beside which there are a few integers', async () => {
    const model = safetensorsBytes({
      w: { dtype: 'F32', shape: [1000] },
      ids: { dtype: 'I32', shape: [10] },
    });
    expect(await factsOf({ 'm.safetensors': model })).toMatchObject({
      parameters: 1010,
      precision: 'F32,I32',
    });
  });

  it('leave out what a header that is too long would be needed for', async () => {
    const long = Buffer.concat([u64(9_000_000), Buffer.alloc(9_000_000, '{')]);
    expect(await factsOf({ 'a.safetensors': weights(10), 'b.safetensors': long })).toEqual({
      format: 'safetensors',
      precision: 'F16',
    });
  });

  it('take the config.json that lies beside the largest weights', async () => {
    const files = {
      'config.json': '{"model_type":"top"}',
      'a/config.json': '{"model_type":"a"}',
      'a/m.safetensors': weights(10),
      'b/config.json': '{"model_type":"b"}',
      'b/m.safetensors': weights(100),
    };
    expect(await factsOf(files)).toMatchObject({ architecture: 'b' });
  });

  it.each<[string, unknown, ModelFacts]>([
    ['the first architecture', { architectures: ['A', 'B'], model_type: 'c' }, { architecture: 'A' }],
    [
      'the type where there is no architecture',
      { architectures: [], model_type: 'c' },
      { architecture: 'c' },
    ],
    ['the context of the text part', { text_config: { max_position_embeddings: 8 } }, { contextLength: 8 }],
    [
      'its own context first',
      { max_position_embeddings: 9, text_config: { max_position_embeddings: 8 } },
      { contextLength: 9 },
    ],
    ['the way of quantising', { quantization_config: { quant_method: 'awq' } }, { quantization: 'awq' }],
    [
      'nothing of another kind',
      {
        architectures: 'A',
        model_type: 7,
        max_position_embeddings: '9',
        text_config: 1,
        quantization_config: [],
      },
      {},
    ],
    ['no text that is not plain', { model_type: 'a\u001b[31m', architectures: ['x'.repeat(200)] }, {}],
    ['no number that counts nothing', { max_position_embeddings: -1, n_positions: 1.5 }, {}],
    ['nulls', { architectures: null, model_type: null, text_config: null, quantization_config: null }, {}],
  ])('take from config.json %s', async (_, config, facts) => {
    expect(await factsOf({ 'config.json': JSON.stringify(config) })).toEqual(facts);
  });
});
