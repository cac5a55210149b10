import { describe, expect, it } from 'vitest';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { chooseEarlier, type Candidate, type Choice } from '../../src/record/choose.ts';
import type { Pin } from '../../src/record/pins.ts';

const REPOSITORY = 'registry.example.com/team/bert';
const NEIGHBOUR = 'registry.example.com/other/bert';
const ELSEWHERE = 'other.example.com/team/bert';
const HERE = 'here';
const THERE = 'there';

const image = (name: string): Digest => digestOf(name);
const record = (name: string): Digest => digestOf(`record of ${name}`);

function pin(name: string, { repository = REPOSITORY, storage = HERE } = {}): Pin {
  return { repository, image: image(name), record: record(name), storage };
}

function choose(choice: Partial<Choice>): Candidate | undefined {
  return chooseEarlier({
    ...{ repository: REPOSITORY, storage: HERE, given: undefined, tagged: undefined, pins: [] },
    ...choice,
  });
}

const found = (name: string, { repository = REPOSITORY, known = true } = {}): Candidate => ({
  ...{ repository, image: image(name), record: known ? record(name) : undefined },
});

describe('the earlier image to look for layers in', () => {
  it.each<[string, Partial<Choice>, Candidate | undefined]>([
    ['none where there is none', {}, undefined],
    ["the tag's where nothing else is known", { tagged: image('a') }, found('a', { known: false })],
    ["the tag's with its record", { tagged: image('a'), pins: [pin('b'), pin('a')] }, found('a')],
    [
      'the last one of the storage and the repository, before the tag without a record',
      { tagged: image('a'), pins: [pin('c'), pin('b')] },
      found('c'),
    ],
    [
      'the one that is named, with the record that comes with it',
      {
        given: { repository: ELSEWHERE, image: image('g'), record: record('g') },
        tagged: image('a'),
        pins: [pin('a')],
      },
      found('g', { repository: ELSEWHERE }),
    ],
    [
      'the one that is named, with the record that is pinned',
      { given: { repository: REPOSITORY, image: image('g') }, pins: [pin('b'), pin('g')] },
      found('g'),
    ],
    [
      'another with a record, where the one that is named has none',
      { given: { repository: REPOSITORY, image: image('g') }, pins: [pin('b')] },
      found('b'),
    ],
    [
      'the one that is named, where nothing has a record',
      { given: { repository: REPOSITORY, image: image('g') }, tagged: image('a') },
      found('g', { known: false }),
    ],
    [
      'one of a neighbour on the registry, whose blobs can be mounted',
      { pins: [pin('e', { repository: ELSEWHERE }), pin('n', { repository: NEIGHBOUR })] },
      found('n', { repository: NEIGHBOUR }),
    ],
    ['none of another registry', { pins: [pin('e', { repository: ELSEWHERE })] }, undefined],
    [
      'the last one of the repository without its record, where it is of another storage',
      { pins: [pin('t', { storage: THERE }), pin('old', { storage: THERE })] },
      found('t', { known: false }),
    ],
    [
      'nothing with a record where nobody says which storage it is',
      { storage: undefined, tagged: image('a'), pins: [pin('a')] },
      found('a', { known: false }),
    ],
    [
      'a layout has no neighbours',
      { repository: 'oci:/images', pins: [pin('o', { repository: 'oci:/other' })] },
      undefined,
    ],
  ])('is %s', (_, choice, expected) => {
    expect(choose(choice)).toEqual(expected);
  });
});
