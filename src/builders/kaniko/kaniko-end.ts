import type { StowageError } from '../../errors.ts';
import { meaningOf } from '../../storage/saying.ts';
import { containerEnd, type EndWords, type Terminated } from '../container-end.ts';
import { headOf } from '../words.ts';
import { BUILD_SAYINGS, REGISTRY_SAYINGS } from './sayings.ts';

const WORDS: EndWords = {
  memoryHint:
    'Raise memory in builder.kaniko.limits in the settings of the controller, or use spec.builder: stream, whose memory does not grow with the model.',
  resultHint: 'Is builder.kaniko.image in the settings of the controller an image of Kaniko?',
};

/**
 * Why Kaniko's container ended without an image. Its exit code is 1 for nearly everything.
 * @param ended with the end of its log as the message
 */
export function kanikoEnd(ended: Terminated): StowageError {
  const { message = '', reason, exitCode } = ended;
  if (exitCode === 0 || reason === 'OOMKilled' || reason === 'ContainerStatusUnknown')
    return containerEnd(ended, WORDS);
  const last = lastWords(message);
  const sayings = last.startsWith('error building image') ? BUILD_SAYINGS : REGISTRY_SAYINGS;
  const words = withoutNames(last);
  const saying = sayings.find(({ says }) => says.test(words));
  const known = saying && meaningOf(headOf(last), [{ ...saying, says: ANYTHING }]);
  return known ?? containerEnd(ended, WORDS);
}

const ANYTHING = /(?:)/;

/** The steps that it has done have a time before them; what it dies of has none, and can be a page of a proxy. */
function lastWords(log: string): string {
  const lines = log.split('\n');
  return lines
    .slice(lines.findLastIndex((line) => line.startsWith('time=')) + 1)
    .join('\n')
    .trim();
}

/** Whoever declares a version chooses names of repositories and tags: they must not pass for words of a registry. */
function withoutNames(text: string): string {
  return text
    .replaceAll(/https?:\/\/[^\s"]+/g, (url) => (url.includes('/manifests/') ? 'MANIFEST' : 'URL'))
    .replaceAll(/"[^"\n]*"/g, 'NAME')
    .replaceAll(/destination \S+/g, 'destination NAME');
}
