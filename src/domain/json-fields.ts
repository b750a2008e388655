/** Reading untyped JSON of messages without trusting it: each reader says what an unusable value becomes. */

export type JsonObject = Readonly<Record<string, unknown>>;

const INT4_LIMIT = 2 ** 31 - 1;
/** Beyond a billion frames per second nothing is a measurement. */
const FPS_LIMIT = 1e9;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object under a key, or an empty one. */
export function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  return isObject(value) ? value : {};
}

/** The objects of a list; other elements are skipped. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A finite number from a number or numeric text, else null. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? value : null;
  }
  if (typeof value !== 'string' || value.trim() === '') {
    return null;
  }
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : null;
}

/** Rounded to an integer that both JavaScript and `bigint` hold exactly, else null. */
export function integerOf(value: unknown): number | null {
  const parsed = numberOf(value);
  const rounded = parsed === null ? null : Math.round(parsed);
  return rounded !== null && Number.isSafeInteger(rounded) ? rounded : null;
}

/** As `integerOf`, null outside the range of `integer`. */
export function int4Of(value: unknown): number | null {
  const rounded = integerOf(value);
  return rounded !== null && Math.abs(rounded) <= INT4_LIMIT ? rounded : null;
}

/** Booleans and their text; null for anything else. */
export function booleanOf(value: unknown): boolean | null {
  if (typeof value === 'boolean') {
    return value;
  }
  const text = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return text === 'true' ? true : text === 'false' ? false : null;
}

/** Frames per second in whole millionths, so that sums do not depend on order; null when negative or no number. */
export function fpsMicroOf(value: unknown): number | null {
  const fps = numberOf(value);
  return fps !== null && fps >= 0 && fps <= FPS_LIMIT ? Math.round(fps * 1e6) : null;
}
