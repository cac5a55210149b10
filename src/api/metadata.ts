import { z } from 'zod';
import { optionalText, text } from './fields.ts';
import { LABEL_VALUE, NAMESPACE, OBJECT_NAME, QUALIFIED_KEY } from './grammar.ts';

const texts = z.record(z.string(), z.string()).exactOptional();

const declared = {
  name: text(OBJECT_NAME).describe('Unique in the namespace.'),
  namespace: optionalText(NAMESPACE).describe('Default: the namespace of the caller.'),
  labels: z.record(text(QUALIFIED_KEY), text(LABEL_VALUE)).exactOptional().describe('Kept as they are.'),
  annotations: z.record(text(QUALIFIED_KEY), z.string()).exactOptional().describe('Kept as they are.'),
};

/** What people may write under `metadata`. */
export const DeclaredMetadata = z.strictObject(declared);

/** `metadata` of an object that exists: its labels were checked when it was made, and whatever else is there is kept. */
export const ObjectMeta = z.looseObject({
  name: declared.name,
  namespace: declared.namespace,
  labels: texts,
  annotations: texts,
  uid: z.string().exactOptional().describe('Given once, never given again to another object.'),
  generation: z.int().exactOptional().describe('Counts the changes of the spec.'),
  creationTimestamp: z.string().nullable().exactOptional().describe('RFC 3339.'),
});

export type ObjectMeta = z.infer<typeof ObjectMeta>;

/**
 * What the API server and controllers write under `metadata`. People apply what `kubectl get -o yaml` gave them, so
 * these are no error in a declaration; they are dropped.
 */
export const SERVER_SET_METADATA: readonly string[] = [
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generation',
  'managedFields',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
];
