import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: resolve(import.meta.dirname, '..'),
  test: {
    include: ['e2e/tests/**/*.test.ts', 'test/kube/real-*.test.ts'],
    globalSetup: ['e2e/tests/support/setup.ts'],
    // One cluster serves all tests, and a busy machine would make their waits longer than they need be.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A busy machine takes its time; a test that polls waits for what comes, not for a second.
    expect: { poll: { timeout: 30_000, interval: 100 } },
  },
});
