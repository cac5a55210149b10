import type { ApiClient } from './api-client.ts';
import { isNotFound } from './kube-error.ts';
import type { Selection } from './lists.ts';
import type { KubeObject } from './object.ts';
import type { Resource } from './resource.ts';

/** All pages of a list. */
export async function listAll<T extends KubeObject>(
  api: Pick<ApiClient, 'list'>,
  resource: Resource<T>,
  selection: Selection,
  signal?: AbortSignal,
): Promise<T[]> {
  const objects: T[] = [];
  let next: string | undefined;
  do {
    const page = await api.list(resource, { ...selection, from: next, signal });
    objects.push(...page.items);
    next = page.next;
  } while (next !== undefined);
  return objects;
}

/** What was asked for, or undefined where there is no such object. */
export async function unlessNotFound<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
