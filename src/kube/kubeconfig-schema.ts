import { z } from 'zod';

/**
 * The parts of a kubeconfig that say how to reach a cluster
 * (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/). Programs write null for what is empty, and fields
 * that are not named here are for others.
 */
function optional<T extends z.ZodType>(type: T): z.ZodType<z.output<T> | undefined> {
  return z.preprocess((value) => value ?? undefined, type.optional());
}

const text = optional(z.string().transform((value) => (value === '' ? undefined : value)));
const flag = optional(z.boolean());

export const CLUSTER = z.object({
  server: z.string(),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': flag,
  'tls-server-name': text,
  'proxy-url': text,
});

const EXEC = z.object({
  apiVersion: z.enum(['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']),
  command: z.string().min(1),
  args: optional(z.array(z.string())),
  env: optional(z.array(z.object({ name: z.string(), value: z.string() }))),
  installHint: text,
  provideClusterInfo: flag,
  interactiveMode: optional(z.enum(['Never', 'IfAvailable', 'Always'])),
});

export const USER = z.object({
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  'as-uid': text,
  'as-groups': optional(z.array(z.string())),
  'as-user-extra': optional(z.record(z.string(), z.array(z.string()))),
  exec: optional(EXEC),
  'auth-provider': optional(z.object({ name: z.string() })),
});

export const CONTEXT = z.object({ cluster: z.string(), user: text, namespace: text });

/** An entry is looked at when it is used: a broken one is nobody else's trouble. */
const entries = optional(z.array(z.looseObject({ name: z.string() })));

export const KUBECONFIG = z.object({
  'current-context': text,
  clusters: entries,
  users: entries,
  contexts: entries,
});

export type ClusterConfig = z.output<typeof CLUSTER>;
export type UserConfig = z.output<typeof USER>;
export type ExecConfig = z.output<typeof EXEC>;
export type KubeconfigDocument = z.output<typeof KUBECONFIG>;
