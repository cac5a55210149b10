import type { StowageError } from '../errors.ts';
import type { Pod } from '../kube/core.ts';
import { containerEnd, type EndWords, type Terminated } from './container-end.ts';
import { podEnd } from './pod-end.ts';
import { readMessage } from './read-message.ts';

const WORDS: EndWords = {
  memoryHint:
    'Raise memory in builder.limits in the settings of the controller; how large the model is makes no difference.',
  resultHint: 'Is builder.image in the settings of the controller an image of Stowage, of the same version?',
};

/**
 * Why a container of our own image did not do its work: first why its pod was ended, then what it said: one that is
 * being ended only says that it was told to.
 */
export function ownEnd(pod: Pod, ended: Terminated): StowageError {
  const said = readMessage(ended.message ?? '');
  const own = said !== undefined && 'error' in said && ended.exitCode !== 0 ? said.error : undefined;
  return podEnd(pod) ?? own ?? containerEnd({ ...ended, message: withoutEvents(ended.message ?? '') }, WORDS);
}

/** So many bytes of the end of a log the kubelet takes for a message, and cuts the first line. */
const TAIL_BYTES = 2048;

/** What we print while we work is for programs, and says nothing of why we ended. */
function withoutEvents(log: string): string {
  const lines = log.trimEnd().split('\n');
  const [first = ''] = lines;
  const isCut = Buffer.byteLength(log) >= TAIL_BYTES;
  // Of an event that was cut its end is left; a line of words that has no other after it is all there is.
  const isLost = isCut && (lines.length > 1 || first.endsWith('}'));
  return lines
    .slice(isLost ? 1 : 0)
    .filter((line) => !line.startsWith('{"event":'))
    .join('\n');
}
