/** A type and a subtype may have 127 characters each (RFC 6838 section 4.2). */
export const MAX_MEDIA_TYPE_LENGTH = 255;

/**
 * What a manifest or index says it is itself, where nothing beside it says so.
 * @returns undefined where it says nothing; whoever parses the document says what is wrong with it.
 */
export function mediaTypeIn(bytes: Uint8Array): string | undefined {
  const type = mediaTypeMember(bytes);
  return typeof type === 'string' && type.length <= MAX_MEDIA_TYPE_LENGTH ? type : undefined;
}

function mediaTypeMember(bytes: Uint8Array): unknown {
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof document === 'object' && document !== null && 'mediaType' in document
      ? document.mediaType
      : undefined;
  } catch {
    return undefined;
  }
}
