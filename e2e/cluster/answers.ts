import { request } from 'undici';

const TIMEOUT_MS = 2_000;

/** Whether a GET is answered with 200. */
export async function answers(url: string): Promise<boolean> {
  const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  await body.dump();
  return statusCode === 200;
}
