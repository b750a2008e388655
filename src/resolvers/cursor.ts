import { createHash } from 'node:crypto';
import { AppError } from '../errors.js';

/** Values of the whole key of a row, in the order of the list; never null. */
export type CursorKey = readonly (string | number)[];

const VERSION = 1;

/** Digest of everything that decides which rows a list has and in which order. */
export function listFingerprint(field: string, filterAndOrder: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([field, filterAndOrder]))
    .digest('hex')
    .slice(0, 12);
}

/** An opaque cursor: the whole key of a row, bound to the list it came from [SERVING-001]. */
export function encodeCursor(fingerprint: string, key: CursorKey): string {
  return Buffer.from(JSON.stringify([VERSION, fingerprint, ...key])).toString('base64url');
}

/** The key in a cursor. Fails with INVALID_CURSOR when it is no cursor, or one of another filter, order or field. */
export function decodeCursor(
  fingerprint: string,
  keyShape: readonly ('string' | 'number')[],
  cursor: string,
): CursorKey {
  const [version, boundTo, ...key] = parsed(cursor);
  if (version !== VERSION || key.length !== keyShape.length) throw invalid('it is not a cursor of this list');
  if (boundTo !== fingerprint) throw invalid('it belongs to another filter or order');
  return key.map((value, index) => {
    if ((typeof value !== 'string' && typeof value !== 'number') || typeof value !== keyShape[index]) {
      throw invalid('it is not a cursor of this list');
    }
    return value;
  });
}

function parsed(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(value)) return value;
  } catch (error) {
    throw invalid('it is not a cursor of this list', error);
  }
  throw invalid('it is not a cursor of this list');
}

function invalid(seen: string, cause?: unknown): AppError {
  return new AppError('INVALID_CURSOR', `cursor is unusable: ${seen}`, cause === undefined ? {} : { cause });
}
