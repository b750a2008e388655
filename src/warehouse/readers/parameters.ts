import { createHash } from 'node:crypto';

/** The values of a statement, and their names in it. */
export interface Parameters {
  readonly values: unknown[];
  /** Answers `$n`. */
  readonly add: (value: unknown) => string;
}

/** Collects the values of a statement that is put together from parts. */
export function createParameters(): Parameters {
  const values: unknown[] = [];
  return {
    values,
    add: (value) => {
      values.push(value);
      return `$${values.length}`;
    },
  };
}

/** Name of a statement that comes in several shapes: one prepared statement per shape. */
export function shapeName(home: string, text: string): string {
  return `${home}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}
