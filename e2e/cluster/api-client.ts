import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';

/** As much of a client of the API server as it takes to see whether a cluster works. Tests use kubectl. */
export interface ApiClient {
  /** @param path from the root, with the query */
  get(path: string): Promise<{ status: number; body: string }>;
  close(): Promise<void>;
}

/** A first answer may take long while the API server sets itself up; then it is asked again. */
const TIMEOUT_MS = 5_000;

/** @param authorityFile PEM of who signed the server's certificate */
export function apiClient(server: string, authorityFile: string, token: string): ApiClient {
  const dispatcher = new Agent({ connect: { ca: readFileSync(authorityFile) } });
  return {
    async get(path) {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const headers = { authorization: `Bearer ${token}` };
      const { statusCode, body } = await request(`${server}${path}`, { dispatcher, headers, signal });
      return { status: statusCode, body: await body.text() };
    },
    close: () => dispatcher.destroy(),
  };
}
