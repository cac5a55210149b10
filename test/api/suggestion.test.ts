import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/api/suggestion.ts';

const FIELDS = ['localStorage', 'nfs', 'AWSEfs', 'modelName', 'imageRepo', 'imageTag'];

describe('the field that was probably meant', () => {
  it.each([
    ['localstorage', 'localStorage'],
    ['local-storage', 'localStorage'],
    ['awsEfs', 'AWSEfs'],
    ['NFS', 'nfs'],
    ['modelname', 'modelName'],
    ['imageRepository', undefined],
    ['imgTag', 'imageTag'],
    ['image', undefined],
    ['xyz', undefined],
    ['', undefined],
    ['localStorage'.repeat(10), undefined],
  ])('of %j is %j', (word, meant) => {
    expect(nearest(word, FIELDS)).toBe(meant);
  });

  it('is the nearest of several', () => {
    expect(nearest('imageTags', ['imageTar', 'imageTag'])).toBe('imageTag');
  });
});
