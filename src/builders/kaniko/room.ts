import { fits } from '../../api/fits.ts';
import { QUANTITY } from '../../api/grammar.ts';
import { bytesOf } from '../../api/quantity.ts';
import type { BuildTask, KanikoSettings } from '../builder.ts';

/** What Kubernetes calls the room on the disk of a node. */
export const DISK = 'ephemeral-storage';

/** Kaniko copies the model to the container's root, and writes the layer beside it before it sends it. */
const COPIES = 2;

/** Bytes that a build writes to the disk of its node, as far as the version says; 0 where it does not. */
export function roomFor({ sizeHint }: BuildTask['spec']): number {
  return sizeHint === undefined ? 0 : bytesOf(sizeHint) * COPIES;
}

/** Bytes of what settings say; undefined where they say nothing, or in another way than in whole numbers. */
export function quantityOf(quantity: string | undefined): number | undefined {
  return quantity !== undefined && fits(QUANTITY, quantity) ? bytesOf(quantity) : undefined;
}

/** The requests of the settings, with the room that a version needs where that is more. */
export function requestsFor(
  spec: BuildTask['spec'],
  { requests }: KanikoSettings,
): Readonly<Record<string, string>> {
  const room = roomFor(spec);
  const { [DISK]: configured } = requests;
  const isEnough = configured !== undefined && (quantityOf(configured) ?? Infinity) >= room;
  return room === 0 || isEnough ? requests : { ...requests, [DISK]: String(room) };
}
