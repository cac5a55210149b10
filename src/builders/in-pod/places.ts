/** What the pod's spec and the program in the pod must call alike. */

/** Where the model is mounted. */
export const MODEL_DIRECTORY = '/model';

/** Below it each Secret has a directory with the number of its place in the list, from 0. */
export const SECRETS_DIRECTORY = '/run/stowage/secrets';

/** What credentials are called inside of such a directory: docker's own name. */
export const SECRET_FILE = 'config.json';

/** PEM text of authorities to trust. */
export const AUTHORITIES_VARIABLE = 'STOWAGE_AUTHORITIES';

/** Uploads that an earlier attempt has begun, and layers that it has stored, as a JSON list. */
export const UPLOADS_VARIABLE = 'STOWAGE_UPLOADS';

/**
 * Characters of a line of the log that says them, and so of that list. Linux takes twice as many in a variable; the layers
 * of an image take a tenth of it, and each address that is under way some hundred.
 */
export const MAX_UPLOADS_LINE = 64 * 1024;

/** The pod's own namespace, for messages. */
export const NAMESPACE_VARIABLE = 'STOWAGE_NAMESPACE';
