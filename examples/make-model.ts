/**
 * Makes a small but valid model: the weights of a Llama-shaped network with 42 million made-up parameters (84 MB of
 * BF16 in one safetensors file), its config, a stub of a tokenizer and a README. The same bytes every time.
 *
 * usage: node examples/make-model.ts DIRECTORY
 */
import { createCipheriv } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const HIDDEN = 512;
const INTERMEDIATE = 1408;
const VOCABULARY = 16_000;
const LAYERS = 8;
const BYTES_PER_WEIGHT = 2;

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
}

function tensors(): Tensor[] {
  const block = (layer: number): Tensor[] => {
    const prefix = `model.layers.${layer}`;
    const square = ['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((part) => ({
      name: `${prefix}.self_attn.${part}.weight`,
      shape: [HIDDEN, HIDDEN],
    }));
    return [
      { name: `${prefix}.input_layernorm.weight`, shape: [HIDDEN] },
      ...square,
      { name: `${prefix}.post_attention_layernorm.weight`, shape: [HIDDEN] },
      { name: `${prefix}.mlp.gate_proj.weight`, shape: [INTERMEDIATE, HIDDEN] },
      { name: `${prefix}.mlp.up_proj.weight`, shape: [INTERMEDIATE, HIDDEN] },
      { name: `${prefix}.mlp.down_proj.weight`, shape: [HIDDEN, INTERMEDIATE] },
    ];
  };
  return [
    { name: 'model.embed_tokens.weight', shape: [VOCABULARY, HIDDEN] },
    ...Array.from({ length: LAYERS }, (_, layer) => block(layer)).flat(),
    { name: 'model.norm.weight', shape: [HIDDEN] },
    { name: 'lm_head.weight', shape: [VOCABULARY, HIDDEN] },
  ];
}

/** The safetensors header: 8 bytes of length, then JSON with each tensor's type, shape and place, padded to 8. */
function header(all: readonly Tensor[]): { bytes: Buffer; weights: number } {
  let offset = 0;
  const entries = all.map(({ name, shape }): [string, unknown] => {
    const begin = offset;
    offset += shape.reduce((product, size) => product * size, BYTES_PER_WEIGHT);
    return [name, { dtype: 'BF16', shape, data_offsets: [begin, offset] }];
  });
  const json = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) });
  const padded = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return { bytes: Buffer.concat([length, padded]), weights: offset };
}

/** Numbers between ±0.0078 and ±0.0156: random sign and mantissa, one exponent, so that none is NaN or infinite. */
function makeFinite(random: Buffer): Buffer {
  for (let at = 0; at < random.length; at += BYTES_PER_WEIGHT) {
    random.writeUInt16LE((random.readUInt16LE(at) & 0x807f) | 0x3c00, at);
  }
  return random;
}

async function writeWeights(path: string): Promise<void> {
  const { bytes, weights } = header(tensors());
  // A cipher over zeros is a fast generator of random bytes that are the same in every run.
  const generator = createCipheriv('aes-128-ctr', Buffer.alloc(16, 'stowage'), Buffer.alloc(16));
  const zeros = Buffer.alloc(1024 * 1024);
  const file = await open(path, 'w');
  await file.writeFile(bytes);
  for (let left = weights; left > 0; left -= zeros.length) {
    await file.writeFile(makeFinite(generator.update(zeros.subarray(0, Math.min(left, zeros.length)))));
  }
  await file.close();
}

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  torch_dtype: 'bfloat16',
  hidden_size: HIDDEN,
  intermediate_size: INTERMEDIATE,
  num_attention_heads: 8,
  num_hidden_layers: LAYERS,
  vocab_size: VOCABULARY,
  max_position_embeddings: 2048,
};

const README = `# Quickstart model

The shape of a small Llama, with weights that a random generator made. It loads, and it says nothing sensible.
`;

async function main(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeWeights(join(directory, 'model.safetensors'));
  await writeFile(join(directory, 'config.json'), `${JSON.stringify(CONFIG, null, 2)}\n`);
  await writeFile(
    join(directory, 'tokenizer.json'),
    `${JSON.stringify({ version: '1.0', model: { type: 'BPE', vocab: {}, merges: [] } })}\n`,
  );
  await writeFile(join(directory, 'README.md'), README);
}

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('usage: make-model.ts DIRECTORY');
await main(directory);
