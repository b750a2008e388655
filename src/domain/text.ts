/** Longest identity text (id, URL, name): an index row of PostgreSQL ends at 2,704 bytes and may hold four of them. */
const MAX_LABEL_BYTES = 512;
/** Longest free text kept in a typed column; raw has the whole of it. */
const MAX_FREE_TEXT_LENGTH = 4096;

const UNSTORABLE = /[\0\ud800-\udfff]/;
const NUL_OR_LONE_SURROGATE = /\0|\p{Surrogate}/gu;

/** The text without U+0000 and lone surrogates, which JSON allows and PostgreSQL refuses [INGEST-004]. */
export function storable(text: string): string {
  return UNSTORABLE.test(text) ? text.replace(NUL_OR_LONE_SURROGATE, '') : text;
}

/** True when a text is short enough to be part of a key; UTF-8 takes at most three bytes per UTF-16 unit. */
export function fitsLabel(text: string): boolean {
  return text.length * 3 <= MAX_LABEL_BYTES || Buffer.byteLength(text) <= MAX_LABEL_BYTES;
}

/**
 * A short identity text of a message: trimmed, storable, `''` when missing, blank or longer than `MAX_LABEL_BYTES`.
 * Numbers count as their text.
 */
export function label(value: unknown): string {
  if (typeof value === 'string') {
    const text = storable(value).trim();
    return fitsLabel(text) ? text : '';
  }
  return typeof value === 'number' ? String(value) : '';
}

/** As `label`, lower-case: addresses, URLs and hosts are stored and compared that way. */
export function lowerLabel(value: unknown): string {
  return label(value).toLowerCase();
}

/** Free text for people, `''` when missing: storable and cut at 4,096 characters. */
export function freeText(value: unknown): string {
  if (typeof value !== 'string') {
    return typeof value === 'number' ? String(value) : '';
  }
  return storable(value.length > MAX_FREE_TEXT_LENGTH ? value.slice(0, MAX_FREE_TEXT_LENGTH) : value);
}

/** Missing, null or blank: a blank field is a missing field. */
export function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}
