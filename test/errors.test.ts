import { describe, expect, it } from 'vitest';
import { redact, StowageError } from '../src/errors.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;

describe('redact', () => {
  it.each([
    ['http://ann:s3cret@proxy:3128/x', 'http://proxy:3128/x'],
    ['http://ann:s3c/ret@proxy:3128', 'http://proxy:3128'],
    ['http://ann:s3c@ret@proxy:3128', 'http://proxy:3128'],
    ["http://ann:s3c'ret@proxy:3128", 'http://proxy:3128'],
    ['http://ann:s3c?r#et@proxy:3128', 'http://proxy:3128'],
    ['http://ann:123/s3cret@proxy', 'http://proxy'],
    ['"http://ann:s3c/ret@proxy" and ann@example.com', '"http://proxy" and ann@example.com'],
    ['https://s3cret@example.com/a@b', 'https://example.com/a@b'],
    [`https://ann:s3cret@example.com/bert@${DIGEST}`, `https://example.com/bert@${DIGEST}`],
    ['https://example.com/upload?state=s3cret', 'https://example.com/upload?…'],
    ['sent Authorization: Basic YW5uOnMzY3JldA==', 'sent Authorization: Basic …'],
    ['bearer s3cret.s3cret.s3cret', 'bearer …'],
    ['Bearer authentications3cret', 'Bearer …'],
    ['Basic authentication.s3cret', 'Basic …'],
  ])('takes the secret out of %s', (text, shown) => {
    expect(redact(text)).toBe(shown);
  });

  it.each([
    'Basic authentication required',
    'needs bearer authorization, not basic credentials.',
    `https://example.com:5000/bert@${DIGEST}`,
    'https://example.com/models/a@b',
    'registry.example.com/bert:v1 of ann@example.com',
  ])('leaves %s as it is', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('is done where an error is made', () => {
    const error = new StowageError('Internal', 'http://ann:s3c/ret@proxy', { hint: 'Bearer s3crets3cret' });
    expect([error.message, error.hint]).toEqual(['http://proxy', 'Bearer …']);
  });
});
