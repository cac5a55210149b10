import { describe, expect, it } from 'vitest';
import { BUILDERS, type BuilderName } from '../../src/api/builder-name.ts';
import { builders } from '../../src/builders/builders.ts';
import { checkedMessage, successMessage } from '../../src/builders/in-pod/termination-message.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { conforms, type Subject } from './conformance.ts';
import { report } from './support.ts';
import { TASK } from './task.ts';

const MODEL = { format: 'safetensors' } as const;
const SOURCE = 3000;

const checked = {
  name: 'check',
  state: {
    terminated: { exitCode: 0, message: checkedMessage({ image: TASK.to, bytes: SOURCE, model: MODEL }) },
  },
};

const SUBJECTS: Record<BuilderName, Subject> = {
  stream: {
    builder: builders.stream,
    succeeded: (digest) => {
      const image = `${TASK.to}@${digest}`;
      const made = { ...report, image, digest: digest as Digest, model: MODEL };
      const message = successMessage({ ...made, bytes: { ...report.bytes, source: SOURCE } });
      return { containerStatuses: [{ name: 'builder', state: { terminated: { exitCode: 0, message } } }] };
    },
    ended: (terminated) => ({ containerStatuses: [{ name: 'builder', state: { terminated } }] }),
  },
  kaniko: {
    builder: builders.kaniko,
    succeeded: (digest) => ({
      initContainerStatuses: [checked],
      containerStatuses: [
        { name: 'builder', state: { terminated: { exitCode: 0, message: `${digest}\n` } } },
      ],
    }),
    ended: (terminated) => ({
      initContainerStatuses: [checked],
      containerStatuses: [{ name: 'builder', state: { terminated } }],
    }),
  },
};

describe('the builders', () => {
  it('are all here', () => {
    expect(Object.keys(SUBJECTS)).toEqual([...BUILDERS]);
  });
});

describe.each(BUILDERS)('the builder %s', (name) => {
  conforms(SUBJECTS[name]);
});
