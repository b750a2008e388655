import type { CopyEncoder } from './copy-encoder.js';

export type CopyType =
  | 'text'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'bool'
  | 'float8'
  | 'numeric'
  | 'timestamptz'
  | 'uuid'
  | 'jsonb'
  | 'bytea'
  | 'text[]';

/**
 * What a column takes, besides null: text for `text` (or its UTF-8), `uuid` and `jsonb` (JSON text); number or bigint for integers;
 * decimal text, bigint or an integer number for `numeric`; milliseconds since the epoch for `timestamptz`; bytes for
 * `bytea`; a list of texts for `text[]`.
 */
export type CopyValue = string | number | bigint | boolean | Uint8Array | readonly string[] | null;

export interface CopyColumn {
  readonly name: string;
  readonly type: CopyType;
}

/** Writes a row whose columns are known only at run time: one value per column, in their order. */
export function writeRow(encoder: CopyEncoder, columns: readonly CopyColumn[], row: readonly CopyValue[]): void {
  encoder.beginRow(columns.length);
  for (let index = 0; index < columns.length; index += 1) {
    const column = columns[index];
    const value = row[index];
    if (column === undefined || value === undefined) {
      throw new TypeError(`row has ${row.length} values, wanted ${columns.length}`);
    }
    writeValue(encoder, column.type, value);
  }
}

/** Writes one field; a value that its type cannot hold is a TypeError. */
export function writeValue(encoder: CopyEncoder, type: CopyType, value: CopyValue): void {
  if (type === 'text' && value instanceof Uint8Array) {
    encoder.bytes(value);
  } else if (
    (type === 'text' || type === 'jsonb' || type === 'uuid') &&
    (value === null || typeof value === 'string')
  ) {
    encoder[type](value);
  } else if (type === 'int8' && (value === null || typeof value === 'number' || typeof value === 'bigint')) {
    encoder.int8(value);
  } else if (isNumberType(type) && (value === null || typeof value === 'number')) {
    encoder[type](value);
  } else if (type === 'bool' && (value === null || typeof value === 'boolean')) {
    encoder.bool(value);
  } else if (type === 'numeric' && isDecimal(value)) {
    encoder.numeric(value === null ? null : String(value));
  } else if (type === 'bytea' && (value === null || value instanceof Uint8Array)) {
    encoder.bytes(value);
  } else if (type === 'text[]' && (value === null || Array.isArray(value))) {
    encoder.texts(value);
  } else {
    throw new TypeError(`a ${typeof value} cannot be copied into ${type}`);
  }
}

function isNumberType(type: CopyType): type is 'timestamptz' | 'int4' | 'int2' | 'float8' {
  return type === 'timestamptz' || type === 'int4' || type === 'int2' || type === 'float8';
}

function isDecimal(value: CopyValue): value is string | bigint | number | null {
  return value === null || typeof value === 'string' || typeof value === 'bigint' || Number.isSafeInteger(value);
}
