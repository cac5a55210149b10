import { describe, expect, it } from 'vitest';
import { parseDeclarations } from '../../src/api/declaration.ts';
import { StowageError } from '../../src/errors.ts';

const SPEC = {
  modelName: 'bert',
  imageRepo: 'registry.example.com/team-a/bert',
  storage: { localStorage: { path: '/data/bert' } },
};

function parse(field: object) {
  const object = {
    apiVersion: 'model.kubedl.io/v1alpha1',
    kind: 'ModelVersion',
    metadata: { name: 'bert-v3' },
    spec: { ...SPEC, ...field },
  };
  return parseDeclarations(JSON.stringify(object), 'bert.json', '/work');
}

/** What is wrong, without its place. */
function problemOf(field: object): string {
  try {
    parse(field);
  } catch (error) {
    if (error instanceof StowageError)
      return error.message.split('\n').slice(1).join('\n').replace(/^\S+ /, '');
    throw error;
  }
  return 'nothing';
}

describe('what of a spec reaches the builder pod', () => {
  it.each([
    [{ imagePushSecrets: [] }],
    [{ imagePushSecrets: Array.from({ length: 8 }, (_, index) => ({ name: `secret-${index}` })) }],
    [{ securityContext: {} }],
    [{ securityContext: { runAsUser: 1, runAsGroup: 2_147_483_647, supplementalGroups: [] } }],
    [{ tolerations: [] }],
    [{ tolerations: [{ key: 'a' }] }],
    [{ tolerations: [{ key: 'a', operator: 'Equal', value: '' }] }],
    [{ tolerations: [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }] }],
    [{ tolerations: [{ key: '', operator: 'Exists', value: '' }] }],
  ])('may be %j', (field) => {
    expect(parse(field)).toMatchObject([{ kind: 'ModelVersion' }]);
  });

  it('leaves out empty texts of tolerations', () => {
    expect(parse({ tolerations: [{ key: '', operator: 'Exists', value: '' }] })).toMatchObject([
      { spec: { tolerations: [{ operator: 'Exists' }] } },
    ]);
  });

  const NAME = 'a name of lower-case letters, digits, "-" and ".", at most 253 characters, such as bert-v3';

  it.each<[field: object, problem: RegExp | string]>([
    [{ imagePushSecrets: ['push'] }, 'spec.imagePushSecrets[0]: found "push"; expected a mapping'],
    [{ imagePushSecrets: 'push' }, 'spec.imagePushSecrets: found "push"; expected a list'],
    [{ imagePushSecrets: [{}] }, `spec.imagePushSecrets[0].name: found nothing; expected ${NAME}`],
    [
      { imagePushSecrets: [{ name: '../push' }] },
      `spec.imagePushSecrets[0].name: found "../push"; expected ${NAME}`,
    ],
    [
      { imagePushSecrets: Array(9).fill({ name: 'push' }) },
      'spec.imagePushSecrets: found a list; expected at most 8 entries',
    ],
    [{ securityContext: { runAsUser: 0 } }, 'spec.securityContext.runAsUser: found 0; expected at least 1'],
    [
      { securityContext: { runAsGroup: -1 } },
      'spec.securityContext.runAsGroup: found -1; expected at least 1',
    ],
    [
      { securityContext: { runAsUser: 2_147_483_648 } },
      'spec.securityContext.runAsUser: found 2147483648; expected at most 2147483647',
    ],
    [
      { securityContext: { runAsUser: 1.5 } },
      'spec.securityContext.runAsUser: found 1.5; expected a whole number',
    ],
    [
      { securityContext: { supplementalGroups: [0] } },
      /^spec\.securityContext\.supplementalGroups\[0\]: found 0; /,
    ],
    [
      { securityContext: { supplementalGroups: Array(17).fill(1) } },
      /^spec\.securityContext\.supplementalGroups: found a list; /,
    ],
    [{ securityContext: { fsGroup: 1 } }, /^spec\.securityContext\.fsGroup: unknown field/],
    [{ securityContext: { privileged: true } }, /^spec\.securityContext\.privileged: unknown field/],
    [
      { tolerations: [{ key: 'a', operator: 'exists' }] },
      'spec.tolerations[0].operator: found "exists"; expected Exists or Equal',
    ],
    [
      { tolerations: [{ key: 'a', effect: 'Evict' }] },
      'spec.tolerations[0].effect: found "Evict"; expected NoSchedule or PreferNoSchedule or NoExecute',
    ],
    [{ tolerations: [{ key: 'a b' }] }, /^spec\.tolerations\[0\]\.key: found "a b"; /],
    [{ tolerations: [{ key: 'a', value: '-' }] }, /^spec\.tolerations\[0\]\.value: found "-"; /],
    [
      { tolerations: [{}] },
      'spec.tolerations[0]: found an empty mapping; expected a key, or the operator Exists',
    ],
    [
      { tolerations: [{ key: '', value: 'a' }] },
      'spec.tolerations[0]: found a mapping of key, value; expected a key, or the operator Exists',
    ],
    [
      { tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] },
      'spec.tolerations[0]: found a mapping of key, operator, value; expected no value with the operator Exists',
    ],
    [
      { tolerations: [{ key: 'a', tolerationSeconds: 5 }] },
      'spec.tolerations[0]: found a mapping of key, tolerationSeconds; expected the effect NoExecute with tolerationSeconds',
    ],
    [
      { tolerations: [{ key: 'a', effect: 'NoExecute', tolerationSeconds: -1 }] },
      'spec.tolerations[0].tolerationSeconds: found -1; expected at least 0',
    ],
    [
      { tolerations: Array(17).fill({ key: 'a' }) },
      'spec.tolerations: found a list; expected at most 16 entries',
    ],
  ])('may not be %j', (field, problem) => {
    if (typeof problem === 'string') expect(problemOf(field)).toBe(problem);
    else expect(problemOf(field)).toMatch(problem);
  });
});
