import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The launcher, as a user calls it. */
export const STOWAGE = `${ROOT}stowage`;

/** Gigabytes, not tracked, in the checkout because /tmp is memory on many machines. The models are kept. */
export const MODELS = `${ROOT}bench/work/models/`;

/** What one benchmark needs while it runs: registries, scratch space, traces. Emptied when the next one starts. */
export const TRANSIENT = `${ROOT}bench/work/run/`;

export const RESULTS = `${ROOT}bench/results/`;
