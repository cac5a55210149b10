import type { Report } from '../../src/pack/report.ts';

const digest = `sha256:${'a'.repeat(64)}` as const;

export const report: Report = {
  image: `registry.example.com/team-a/bert:v3@${digest}`,
  digest,
  size: 2048,
  layers: [{ title: 'files-1.tar', digest, size: 2048, files: 1, action: 'uploaded' }],
  bytes: { source: 3, read: 3, sent: 2500, reused: 0 },
  seconds: 0.25,
  model: { format: 'safetensors', parameters: 3, architecture: 'BertModel' },
  warnings: [],
};
