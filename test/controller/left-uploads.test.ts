import { expect, it } from 'vitest';
import type { ModelVersionObject } from '../../src/api/resources.ts';
import { leftUploads } from '../../src/controller/left-uploads.ts';
import { ago, version } from './support.ts';

type Status = NonNullable<ModelVersionObject['status']>;

const upload = (name: string, bytes = 100) => ({
  key: Buffer.from(name).toString('hex').padStart(32, '0'),
  location: `https://registry.example.com/v2/team-a/bert/blobs/uploads/${'x'.repeat(bytes)}`,
});

/** A version that was given up so many seconds ago. */
function failed(name: string, seconds: number, uploads: Status['uploads'] & object, spec = {}) {
  const status: Status = { imageBuildPhase: 'ImageBuildFailed', finishTime: ago(seconds), uploads };
  return version({ metadata: { name, uid: name }, status, spec });
}

const ready = (seconds: number, builder: 'stream' | 'kaniko' = 'stream'): ModelVersionObject =>
  version({
    metadata: { name: 'ready', uid: 'ready' },
    status: {
      ...{ imageBuildPhase: 'ImageBuildSucceeded', image: 'x', builder },
      ...{ startTime: ago(seconds + 5), finishTime: ago(seconds) },
    },
  });

const own = version({ status: { imageBuildPhase: 'ImageBuilding', uploads: [upload('own')] } });
const elsewhere = { imageRepo: 'registry.example.com/team-b/bert' };
const running = version({
  metadata: { name: 'running', uid: 'running' },
  status: { imageBuildPhase: 'ImageBuilding', startTime: ago(5), uploads: [upload('running')] },
});

it.each<[string, ModelVersionObject[], string[]]>([
  ['its own', [own], ['own']],
  ['those of a version that was given up', [own, failed('a', 60, [upload('a')])], ['own', 'a']],
  ['none of a version that is being built', [own, running], ['own']],
  ['none that one that is being built may have', [own, running, failed('a', 60, [upload('a')])], ['own']],
  ['none of another repository', [own, failed('a', 60, [upload('a')], elsewhere)], ['own']],
  [
    'none that a version has cleared since',
    [own, failed('a', 60, [upload('a')]), ready(50), failed('b', 40, [upload('b')])],
    ['own', 'b'],
  ],
  [
    'those of a version that was given up while one was built that is Ready by now',
    [own, failed('a', 52, [upload('a')]), ready(50)],
    ['own', 'a'],
  ],
  [
    'those that Kaniko knew nothing of',
    [own, failed('a', 60, [upload('a')]), ready(50, 'kaniko')],
    ['own', 'a'],
  ],
  ['its own first', [failed('a', 60, [{ ...upload('own', 5) }]), own], ['own']],
  [
    'no more than a variable holds',
    [
      own,
      failed(
        'a',
        60,
        Array.from({ length: 30 }, (_, n) => upload(`u${n}`, 10_000)),
      ),
    ],
    ['own', 'u0', 'u1', 'u2', 'u3', 'u4', 'u5'],
  ],
])('a build is told of uploads: %s', (_, siblings, names) => {
  const found = leftUploads(own, siblings);
  expect(found.map(({ key }) => key)).toEqual(names.map((name) => upload(name).key));
  expect(found[0]).toEqual(upload('own'));
});
