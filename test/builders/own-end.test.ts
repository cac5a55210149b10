import { expect, it } from 'vitest';
import { ownEnd } from '../../src/builders/own-end.ts';
import type { Pod } from '../../src/kube/core.ts';

const POD: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'bert-v1-1', namespace: 'team-a', uid: 'u', resourceVersion: '1' },
  spec: { containers: [] },
};
const EVENT = '{"event":"progress","bytes":5,"bytesDone":3}';
/** As much as the kubelet takes of the end of a log. */
const TAIL_BYTES = 2048;

const tail = (log: string): string => log.slice(-TAIL_BYTES);

it.each<[string, string, string, string | undefined]>([
  ['short words', `${EVENT}\nout of luck\n`, 'out of luck', 'event'],
  ['words after an event that was cut', tail(`${EVENT.repeat(60)}\nout of luck\n`), 'out of luck', 'bytes'],
  ['one long line of words', tail(`${'so it is '.repeat(300)}out of luck`), 'out of luck', undefined],
  [
    'one long line of words and its end',
    tail(`${'so it is '.repeat(300)}out of luck\n`),
    'out of luck',
    undefined,
  ],
  ['no words', tail(EVENT.repeat(60)), 'without a result', 'bytes'],
])('a builder that dies has said %s', (_, message, said, unsaid) => {
  const error = ownEnd(POD, { exitCode: 1, message });
  expect(error.message).toContain(said);
  if (unsaid !== undefined) expect(error.message).not.toContain(unsaid);
});
