/** Where things are in Kaniko's container. Its image has `/kaniko`, which it never takes for a part of what it builds. */

/** The build context. The model is mounted in it, since Kaniko copies from nowhere else. */
export const CONTEXT = '/workspace';

/** The model, relative to the context. */
export const MODEL = 'build';

/** Files of the pod's ConfigMap, relative to the context. */
export const DOCKERFILE = 'Dockerfile';
export const LINK = 'link.tar';

/** PEM text of authorities to trust: the name in the ConfigMap, and the directory where it is mounted. */
export const AUTHORITIES = 'authorities.pem';
export const AUTHORITIES_DIRECTORY = '/kaniko/stowage';

/** Where Kaniko's image has the authorities that it trusts by itself. */
export const OWN_AUTHORITIES_DIRECTORY = '/kaniko/ssl/certs';

/** Where it looks for credentials. */
export const DOCKER_DIRECTORY = '/kaniko/.docker';
