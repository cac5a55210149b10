import type { BuilderSettings, BuildTask } from '../../src/builders/builder.ts';

export const SETTINGS: BuilderSettings = {
  image: 'registry.example.com/stowage:1',
  imagePullPolicy: 'IfNotPresent',
  requests: { cpu: '100m', memory: '256Mi' },
  limits: { memory: '512Mi' },
  tolerations: [],
  priorityClassName: undefined,
  bandwidth: undefined,
  deadline: 3600,
  plainHttp: [],
  authorities: undefined,
  pushSecret: 'regcred',
  kaniko: {
    image: 'registry.example.com/kaniko:1',
    imagePullPolicy: 'IfNotPresent',
    requests: { memory: '512Mi' },
    limits: { memory: '2Gi' },
    compression: 'gzip',
    compressionLevel: 1,
  },
};

export const SPEC: BuildTask['spec'] = {
  modelName: 'bert',
  storage: { localStorage: { path: '/data/bert', nodeName: 'worker-7' } },
  imageRepo: 'registry.example.com/team-a/bert',
};

export const TASK: BuildTask = {
  spec: SPEC,
  uid: '0b5d1f6e-1111-2222-3333-444455556666',
  podName: 'stowage-bert-v3-0b5d1f6e-1',
  to: 'registry.example.com/team-a/bert:v3',
  base: undefined,
  claimName: 'claim',
  subPath: undefined,
  directory: undefined,
  nodes: undefined,
  maxBytes: undefined,
  storage: 'local:worker-7:/data/bert',
  previous: undefined,
  uploads: [],
};
