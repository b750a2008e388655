import type { ClientBase } from 'pg';

/**
 * The one place where camelCase rows meet snake_case columns. Names, types and keys are read from the database, so a
 * column has one home, its migration; rows travel as one JSON parameter per statement.
 */

export interface Column {
  /** snake_case, in the table. */
  readonly name: string;
  /** camelCase, in a row object. */
  readonly property: string;
  /** As `format_type` prints it, such as `timestamp with time zone`. */
  readonly type: string;
}

/** A table as row objects see it: columns in order without generated ones, and its primary key. */
export interface TableShape {
  readonly relation: string;
  readonly columns: readonly Column[];
  readonly key: readonly Column[];
}

interface CatalogRow {
  readonly name: string;
  readonly type: string;
  readonly is_key: boolean;
}

const DESCRIBE = {
  name: 'rows/describe',
  text: `
select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, coalesce(a.attnum = any(i.indkey), false) as is_key
from pg_attribute as a
left join pg_index as i on i.indrelid = a.attrelid and i.indisprimary
where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attidentity = '' and a.attgenerated = ''
order by a.attnum`,
};

/** Reads the shape of a table from the catalog. */
export async function readTableShape(client: Pick<ClientBase, 'query'>, relation: string): Promise<TableShape> {
  const { rows } = await client.query<CatalogRow>({ ...DESCRIBE, values: [relation] });
  const columns = rows.map(({ name, type, is_key }) => ({ name, type, isKey: is_key, property: camelCase(name) }));
  return { relation, columns, key: columns.filter(({ isKey }) => isKey) };
}

export function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * `jsonb_to_recordset` over a parameter that holds an array of row objects, as a FROM item whose columns have the
 * table's names.
 */
export function recordset(parameter: string, columns: readonly Column[]): string {
  const selected = columns.map(({ name, property }) => `r.${quoted(property)} as ${quoted(name)}`);
  const typed = columns.map(({ property, type }) => `${quoted(property)} ${type}`);
  return `(select ${selected.join(', ')} from jsonb_to_recordset(${parameter}::jsonb) as r(${typed.join(', ')}))`;
}

export function columnList(columns: readonly Column[], alias?: string): string {
  const prefix = alias === undefined ? '' : `${alias}.`;
  return columns.map(({ name }) => prefix + quoted(name)).join(', ');
}

/**
 * Inserts the rows of FROM item `source`, or updates those that differ: a no-op update would still cost a row version
 * and a rollup's refresh. `returning` then names only rows that changed; columns of the table as `t`.
 */
export function upsert(shape: TableShape, source: string, returning?: string): string {
  const { columns, key, relation } = shape;
  const keyNames = new Set(key.map(({ name }) => name));
  const rest = columns.filter(({ name }) => !keyNames.has(name));
  const action =
    rest.length === 0
      ? 'do nothing'
      : `do update set ${rest.map(({ name }) => `${quoted(name)} = excluded.${quoted(name)}`).join(', ')}
  where (${columnList(rest, 't')}) is distinct from (${columnList(rest, 'excluded')})`;
  return `insert into ${relation} as t (${columnList(columns)})
select ${columnList(columns, 'i')} from ${source} as i
on conflict (${columnList(key)}) ${action}${returning === undefined ? '' : `\nreturning ${returning}`}`;
}

function quoted(name: string): string {
  return `"${name}"`;
}

/** Row objects as the parameter of `recordset`; instants become ISO 8601, which keeps their milliseconds. */
export function rowsParameter(rows: readonly object[]): string {
  return JSON.stringify(rows);
}
