import { describe, expect, it } from 'vitest';
import { detectFormat, lfsPointerSize } from '../../src/artifact/format.ts';
import { ggufBytes, lfsPointer, PICKLE, safetensorsBytes, torchBytes } from '../support/model-files.ts';

const safetensors = safetensorsBytes({ w: { dtype: 'F32', shape: [2] } });
const gguf = ggufBytes({});
const none = Buffer.alloc(0);

describe('detectFormat', () => {
  it.each([
    ['model.safetensors', safetensors, 'safetensors', true],
    ['MODEL.SafeTensors', none, 'safetensors', true],
    ['model.safetensors', torchBytes(), 'safetensors', true],
    ['blobs/5f1c', safetensors, 'safetensors', false],
    ['llama.gguf', none, 'gguf', true],
    ['blobs/5f1c', gguf, 'gguf', false],
    ['GGUF.md', Buffer.from('GGUF is a file format'), 'gguf', false],
    ['pytorch_model.bin', torchBytes(), 'pickle', false],
    ['pytorch_model.bin', PICKLE, 'pickle', false],
    ['proto5.bin', Buffer.from('80057d942e', 'hex'), 'pickle', false],
    ['legacy.bin', Buffer.from('80028a0a6cfc9c46f920', 'hex'), 'pickle', false],
    ['optimizer.pt', none, 'pickle', true],
    ['last.ckpt', torchBytes(), 'pickle', true],
    ['clf.joblib', Buffer.from('anything'), 'pickle', true],
    ['model.onnx', Buffer.from([8, 7]), 'onnx', true],
    ['weights.bin', Buffer.from([1, 2, 3, 4]), 'other', false],
    ['arrays.npz', Buffer.from('PK\x03\x04 …/arr_0.npy', 'latin1'), 'other', false],
    ['a.dat', Buffer.from([0x80, 2, 0x99]), 'other', false],
    ['a.dat', Buffer.from([0x80, 9, 0x95]), 'other', false],
    ['config.json', Buffer.from('{"a": 1}'), 'other', false],
    ['empty', none, 'other', false],
  ] as const)('takes %s for what its bytes and name say', (path, head, format, named) => {
    expect(detectFormat(path, head)).toEqual({ format, named });
  });
});

describe('lfsPointerSize', () => {
  it('knows a pointer, and the size of what it stands for', () => {
    const pointer = Buffer.from(lfsPointer(4_976_698_672));
    expect(lfsPointerSize(pointer, pointer.length)).toBe(4_976_698_672);
  });

  it('knows a pointer with extensions', () => {
    const lines = lfsPointer(5).split('\n');
    const pointer = Buffer.from(
      [lines[0], `ext-0-foo sha256:${'0'.repeat(64)}`, ...lines.slice(1)].join('\n'),
    );
    expect(lfsPointerSize(pointer, pointer.length)).toBe(5);
  });

  it.each([
    ['a text about pointers', 'version https://git-lfs.github.com/spec/v1\nis the first line of a pointer\n'],
    ['another text', 'hello'],
    ['nothing', ''],
  ])('takes %s for no pointer', (_, text) => {
    expect(lfsPointerSize(Buffer.from(text), text.length)).toBeUndefined();
  });

  it('takes a large file that begins like one for none', () => {
    expect(lfsPointerSize(Buffer.from(lfsPointer(1)), 10_000)).toBeUndefined();
  });
});
