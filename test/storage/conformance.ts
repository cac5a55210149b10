import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Storage } from '../../src/api/storage.ts';
import { ERROR_CODES } from '../../src/errors.ts';
import type { PersistentVolume } from '../../src/kube/core.ts';
import type { KINDS } from '../../src/storage/kinds.ts';
import type { Source, VolumeContext } from '../../src/storage/storage.ts';
import { rejectionOf } from '../support/thrown.ts';
import type { FakeMachine } from './fake-machine.ts';
import { isLinear } from './linear.ts';

type Kind = (typeof KINDS)[number];

/** A kind of storage under test. */
export interface Subject {
  readonly kind: Kind;
  /** Its example in the docs, without its key. */
  readonly example: Readonly<Record<string, unknown>>;
  /** The same with another path; undefined: it has none. */
  at(path: string): Storage;
  /** Opens it on a machine: what is there, or what is not. */
  readonly open?: {
    present(): Promise<Opened>;
    missing(): Promise<Opened>;
  };
  /** Access modes that whoever mounts it refuses. */
  readonly refusedModes?: readonly string[];
}

export interface Opened {
  /** Undefined: the real one, on which nothing is mounted. */
  readonly machine?: FakeMachine;
  opening(signal: AbortSignal): Promise<Source>;
}

const never = new AbortController().signal;

/** What holds for every kind. */
export function conforms(subject: Subject): void {
  describesItself(subject);
  reads(subject);
  liesInACluster(subject);
}

function describesItself(subject: Subject): void {
  const { kind, example } = subject;
  it('has a key of the API, and the API takes its example', () => {
    expect(Storage.safeParse({ [kind.key]: example })).toMatchObject({ success: true });
  });

  it('says what it is, without a full stop', () => {
    for (const text of Object.values(kind.about)) expect(text).toMatch(/^[^|\n]*[^.|\n]$/);
  });

  it('has sayings with a code and words, each in linear time', () => {
    for (const { says, code, means, hint } of kind.sayings(subject.at('/models')) ?? []) {
      expect(ERROR_CODES).toHaveProperty(code);
      expect(means).toMatch(/^\S.*[^.]$/);
      if (hint !== undefined) expect(hint).toMatch(/[.)]$/);
      expect(isLinear(says), String(says)).toBe(true);
      expect(says.global || says.sticky).toBe(false);
    }
  });
}

function reads(subject: Subject): void {
  const { kind, open } = subject;
  it('is checked without being touched', () => {
    const check = (): void => kind.bind(subject.at('/no/such/directory'))?.check({ hostname: 'worker-7' });
    if (open !== undefined) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code: 'StorageUnsupported' }) as Error);
  });

  if (open === undefined) return;

  it('fails to open what is missing, with a code and a hint, and leaves nothing behind', async () => {
    const opened = await open.missing();
    const error = await rejectionOf(opened.opening(never));
    expect(['PathNotFound', 'ExportNotFound', 'ServerUnreachable']).toContain(error.code);
    expect(error.hint ?? '').not.toBe('');
    expect(opened.machine?.left.size ?? 0).toBe(0);
  });

  it('gives the files of what is there, and takes back what was done, once', async () => {
    const opened = await open.present();
    const { machine } = opened;
    const source = await opened.opening(never);
    expect(readdirSync(source.directory)).toEqual(['model.gguf']);
    await source.close();
    const calls = machine?.calls.length;
    await source.close();
    expect(machine?.calls.length).toBe(calls);
    expect(machine?.left.size ?? 0).toBe(0);
  });
}

const NAME = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', ' ', 'ü'), minLength: 1, maxLength: 4 });
const STEPS = fc.array(
  NAME.filter((name) => name !== '.' && name !== '..'),
  { maxLength: 5 },
);

/** Of no node and no administrator. */
const CONTEXT: VolumeContext = { node: undefined, prefix: undefined, mountOptions: [] };

/** Directories that no kind refuses. */
function pathOf(steps: readonly string[]): string {
  return ['/models', ...steps].join('/');
}

function liesInACluster(subject: Subject): void {
  const { kind, refusedModes = [] } = subject;
  const inCluster = (path: string) => kind.bind(subject.at(path))!.inCluster;

  it('reads below the directory that is allowed and nowhere else', () => {
    fc.assert(
      fc.property(STEPS, fc.nat(5), (steps, cut) => {
        const storage = inCluster(pathOf(steps));
        if (storage.by === 'claim') {
          expect(storage.subPath?.split('/')).toEqual(['models', ...steps]);
          return;
        }
        const volume = madeOf(storage.volume({ ...CONTEXT, prefix: pathOf(steps.slice(0, cut)) }).source);
        expect(storage.subPath(volume)?.split('/') ?? []).toEqual(steps.slice(cut));
      }),
    );
  });

  it('never takes a volume that the model does not lie in', () => {
    fc.assert(
      fc.property(STEPS, STEPS, (steps, others) => {
        const [own, other] = [inCluster(pathOf(steps)), inCluster(pathOf(others))];
        if (own.by === 'claim' || other.by === 'claim') return;
        const volume = madeOf(other.volume(CONTEXT).source);
        const lies = others.every((each, index) => steps[index] === each);
        if (lies) expect(own.subPath(volume)?.split('/') ?? []).toEqual(steps.slice(others.length));
        else
          expect(() => own.subPath(volume)).toThrow(expect.objectContaining({ code: 'VolumeLost' }) as Error);
      }),
    );
  });

  it('has a volume that is read only, in a way that whoever mounts it takes', () => {
    const storage = inCluster('/models/bert');
    if (storage.by === 'claim') return;
    const given = { ...CONTEXT, mountOptions: ['rw', 'noatime'] };
    const { source, accessModes, mountOptions } = storage.volume(given);
    expect(Object.keys(source)).toHaveLength(1);
    expect(accessModes).toHaveLength(1);
    expect(refusedModes).not.toContain(accessModes[0]);
    expect(mountOptions).not.toContain('rw');
    expect(mountOptions).not.toContain('ro');
  });
}

function madeOf(source: Readonly<Record<string, unknown>>): PersistentVolume {
  return { metadata: { name: 'stowage-bert' }, spec: source } as unknown as PersistentVolume;
}
