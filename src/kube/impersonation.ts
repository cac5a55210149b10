import { StowageError } from '../errors.ts';
import type { UserConfig } from './kubeconfig-schema.ts';

/**
 * The headers that ask the server to act as the user whom a kubeconfig names with `as` and its kin
 * (https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/). Without them a request would be made
 * with rights that its user meant to lay down.
 * @throws KubeconfigInvalid when groups or extras come without a user, which the server refuses as well.
 */
export function impersonation(user: Partial<UserConfig>): Record<string, string | readonly string[]> {
  const { as, 'as-uid': uid, 'as-groups': groups = [], 'as-user-extra': extra = {} } = user;
  const headers: Record<string, string | readonly string[]> = {
    ...(as === undefined ? {} : { 'impersonate-user': as }),
    ...(uid === undefined ? {} : { 'impersonate-uid': uid }),
    ...(groups.length === 0 ? {} : { 'impersonate-group': groups }),
  };
  for (const [name, values] of Object.entries(extra))
    headers[`impersonate-extra-${encodeURIComponent(name).toLowerCase()}`] = values;
  if (as === undefined && Object.keys(headers).length > 0)
    throw new StowageError(
      'KubeconfigInvalid',
      'the kubeconfig names groups to act for (as-groups), but no user (as)',
    );
  return headers;
}
