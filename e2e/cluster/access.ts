import type { ApiClient } from './api-client.ts';
import type { Certificates } from './certificates.ts';
import type { Credentials } from './credentials.ts';

/** What the parts of a cluster need to talk to its API server. */
export interface Access {
  readonly certificates: Certificates;
  readonly credentials: Credentials;
  /** As admin. */
  readonly client: ApiClient;
}
