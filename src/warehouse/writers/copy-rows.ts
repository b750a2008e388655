import type { CopyType, CopyValue } from '../copy-row.js';
import type { TableShape } from '../rows.js';

/** Row objects on their way into a table by COPY. */
export interface CopyRows {
  /** All of them, or none when a value of one cannot be turned. */
  add(rows: readonly object[]): void;
  /** What was added since it was last asked, for `copyInto`. */
  take(): {
    readonly table: string;
    readonly columns: readonly { name: string; type: CopyType }[];
    readonly rows: readonly (readonly CopyValue[])[];
  };
}

/** Row objects of a table, turned into COPY values as they come. */
export function copyRows(shape: TableShape, table: string): CopyRows {
  const columns = shape.columns.map(({ name, type }) => ({ name, type: copyTypeOf(type) }));
  const cells = shape.columns.map(({ property, type }) => ({ property, toValue: valueFor(copyTypeOf(type)) }));
  let rows: CopyValue[][] = [];
  return {
    add(objects) {
      const added = objects.map((object) =>
        cells.map(({ property, toValue }) => toValue(Reflect.get(object, property) ?? null)),
      );
      for (const row of added) rows.push(row);
    },
    take() {
      const taken = rows;
      rows = [];
      return { table, columns, rows: taken };
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
  'double precision': 'float8',
  'timestamp with time zone': 'timestamptz',
};

function copyTypeOf(type: string): CopyType {
  const found = COPY_TYPES[type.replace(/\(.*\)$/, '')];
  if (found === undefined) throw new Error(`no COPY encoding for column type ${type}`);
  return found;
}

function valueFor(type: CopyType): (value: unknown) => CopyValue {
  switch (type) {
    case 'timestamptz':
      return (value) => (value instanceof Date ? value.getTime() : null);
    case 'jsonb':
      return (value) => (value === null ? null : JSON.stringify(value));
    case 'int8':
      return (value) => (typeof value === 'string' ? BigInt(value) : plain(value));
    default:
      return plain;
  }
}

function plain(value: unknown): CopyValue {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return value;
    default:
      return null;
  }
}
