import { z } from 'zod';
import { count, timestamp } from './fields.ts';

/**
 * A condition of an object's status, as every Kubernetes object has them.
 * https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md says what Ready, Reconciling and
 * Stalled mean; https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#Condition has the limits.
 */
export const Condition = z
  .object({
    type: z
      .string()
      .max(316)
      .regex(
        /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/,
      )
      .describe('What it speaks of: Ready, Reconciling, Stalled, StorageReady or Pushed.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
    reason: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
      .describe('Why, in one word for programs; an error code when something failed, such as RegistryAuth.'),
    message: z
      .string()
      .meta({ maxLength: 32768 })
      .describe('Why, in a sentence for people, with what to do about it.'),
    lastTransitionTime: timestamp().describe('When the status of the condition last changed (RFC 3339).'),
    observedGeneration: count()
      .exactOptional()
      .describe('The metadata.generation that the condition was derived from.'),
  })
  .describe('One statement about the object.');

/** At most one condition of each type. */
export const Conditions = z.array(Condition).meta({
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
});

export type Condition = z.infer<typeof Condition>;
