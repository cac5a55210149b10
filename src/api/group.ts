/** The API group that KubeDL users already have; our fields are added to theirs. */
export const GROUP = 'model.kubedl.io';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;
