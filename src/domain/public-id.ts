import { createHash } from 'node:crypto';

/** What a public id is of; its first letter says so. */
export type PublicIdKind = 's' | 'p' | 'j';

/** A public id: the kind, `_` and 24 hex digits of the SHA-256 of the parts of the key, joined by U+001F. */
export function publicId(kind: PublicIdKind, parts: readonly string[]): string {
  return `${kind}_${createHash('sha256').update(parts.join('\u001f')).digest('hex').slice(0, 24)}`;
}
