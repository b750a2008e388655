import { createHash } from 'node:crypto';

/** Collects the values of a statement whose conditions depend on the question. */
export function createParameters(): { readonly values: unknown[]; readonly add: (value: unknown) => string } {
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
