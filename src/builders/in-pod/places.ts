/** What the pod's spec and the program in the pod must call alike. */

/** Where the model is mounted. */
export const MODEL_DIRECTORY = '/model';

/** Below it each Secret has a directory with the number of its place in the list, from 0. */
export const SECRETS_DIRECTORY = '/run/stowage/secrets';

/** What credentials are called inside of such a directory: docker's own name. */
export const SECRET_FILE = 'config.json';

/** PEM text of authorities to trust. */
export const AUTHORITIES_VARIABLE = 'STOWAGE_AUTHORITIES';

/** Uploads that an earlier attempt has begun, as a JSON list. */
export const UPLOADS_VARIABLE = 'STOWAGE_UPLOADS';

/** The pod's own namespace, for messages. */
export const NAMESPACE_VARIABLE = 'STOWAGE_NAMESPACE';
