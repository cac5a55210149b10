import type { Digest } from '../oci/digest.ts';
import type { Descriptor } from '../oci/manifest.ts';
import type { MemberKind } from './tar-walk.ts';

/** What lies in a layer: a member of its tar. */
export interface Listed {
  readonly kind: MemberKind;
  /** As in the image: `models/config.json`. */
  readonly path: string;
  /** Bytes of content. */
  readonly size: number;
  /** The first byte of the content in the layer's tar. */
  readonly offset: number;
  /** Of the content, where the image's own digest vouches for it. */
  readonly digest?: Digest;
  /** Of a link, as it is written. */
  readonly link?: string;
}

/** A stretch of a layer's tar: bytes that are known, or the content of a member. */
export type Stretch = { readonly bytes: Uint8Array } | { readonly member: Listed };

export interface LayerListing {
  readonly layer: Descriptor;
  /** In the image, from 0. */
  readonly index: number;
  readonly compressed: boolean;
  /** undefined: it was not looked into, as the layers of a base are not. */
  readonly members: readonly Listed[] | undefined;
  /**
   * The layer's tar but for the contents: where its digest is right for a set of contents, they are those of the layer.
   Only of layers that are not compressed.
   */
  readonly frame?: readonly Stretch[];
  /** Members that can lie nowhere, as they may be shown. */
  readonly strange: readonly string[];
}

/** Whether the layer holds one file and nothing else of content. */
export function onlyFile({ members = [], strange }: LayerListing): Listed | undefined {
  if (strange.length > 0) return undefined;
  const withContent = members.filter(({ kind, size }) => kind === 'file' || size > 0);
  const [first, ...others] = withContent;
  return first?.kind === 'file' && others.length === 0 ? first : undefined;
}
