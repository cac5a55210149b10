/**
 * The directory in a model's folder in which a pull keeps files until they are whole. It is no part of the model: where
 * it lies at the top of a folder, it does not go into an image.
 */
export const WORK_DIRECTORY = '.stowage-pull';
