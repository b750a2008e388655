import type { Pool } from 'pg';
import { isoInstant } from './list-conditions.js';
import { keysetSql, type ListPage } from './list-page.js';

/** Position of a row in a list: its instant, and its id. */
export interface TimedKey {
  readonly atMs: number;
  readonly id: string;
}

/** A list that several fields of one answer ask for, each with a question of its own: one statement for all of them. */
export interface BatchedList<Where, Row> {
  /** For names of statements. */
  readonly name: string;
  /** What is read, as `c`; it has an `id`. */
  readonly relation: string;
  /** What is selected of it: the columns of a row. */
  readonly columns: string;
  /** The column of its instant. */
  readonly at: string;
  /** Whether rows are stored by the 5 minutes of the instant (`bucket_start`). */
  readonly isBucketed: boolean;
  /** The columns of a question `w` with their types, and their values. */
  readonly wanted: string;
  readonly wantedOf: (where: Where) => object;
  /** Whether a row `c` answers a question `w`. */
  readonly condition: string;
  readonly keyOf: (row: Row) => TimedKey;
}

export interface BatchedQuery<Where> {
  readonly where: Where;
  readonly page: ListPage<TimedKey>;
}

const BUCKET_MS = 300_000;

/** A page of each question by instant and id, oldest first, one row more than the limit when there is one. */
export async function readBatchedPages<Where, Row>(
  db: Pool,
  list: BatchedList<Where, Row>,
  queries: readonly BatchedQuery<Where>[],
): Promise<readonly (readonly Row[])[]> {
  const pages = queries.map((): Row[] => []);
  for (const isBackward of [false, true]) {
    const own = [...queries.entries()].filter(([, { page }]) => page.isBackward === isBackward);
    if (own.length === 0) continue;
    const { rows } = await db.query<Row & { readonly n: number }>({
      name: `batched-list-reader/${list.name}-${isBackward ? 'last' : 'first'}`,
      text: pageSql(list, isBackward),
      values: [JSON.stringify(own.map(([n, query]) => questionOf(list, n, query)))],
    });
    for (const row of rows) pages[row.n]?.push(row);
  }
  return pages.map((page) => page.sort((a, b) => compareKeys(list.keyOf(a), list.keyOf(b))));
}

/** How many rows answer each question. */
export async function countBatched<Where, Row>(
  db: Pool,
  list: BatchedList<Where, Row>,
  wheres: readonly Where[],
): Promise<readonly number[]> {
  const { rows } = await db.query<{ n: number; count: number }>({
    name: `batched-list-reader/${list.name}-count`,
    text: `select w.n, r.count
from jsonb_to_recordset($1::jsonb) as w (n integer, ${list.wanted})
cross join lateral (
  select count(*)::float8 as count
  from ${list.relation} as c
  where ${list.condition}
) as r`,
    values: [JSON.stringify(wheres.map((where, n) => ({ n, ...list.wantedOf(where) })))],
  });
  const counts = new Map(rows.map(({ n, count }) => [n, count]));
  return wheres.map((_, n) => counts.get(n) ?? 0);
}

const KEY_COLUMNS = ['after', 'before'].map(
  (bound) => `${bound}_bucket timestamptz, ${bound}_at timestamptz, ${bound}_id text`,
);

function pageSql<Where, Row>(list: BatchedList<Where, Row>, isBackward: boolean): string {
  const key = [...(list.isBucketed ? ['c.bucket_start'] : []), `c.${list.at}`, 'c.id'];
  const bound = (name: string): readonly string[] => [
    ...(list.isBucketed ? [`w.${name}_bucket`] : []),
    `w.${name}_at`,
    `w.${name}_id`,
  ];
  const { conditions, orderBy } = keysetSql(key, false, { isBackward, after: bound('after'), before: bound('before') });
  return `select w.n, r.*
from jsonb_to_recordset($1::jsonb) as w (n integer, max_rows bigint, ${KEY_COLUMNS.join(', ')}, ${list.wanted})
cross join lateral (
  select ${list.columns}
  from ${list.relation} as c
  where ${list.condition}
    and (w.after_at is null or ${conditions[0]})
    and (w.before_at is null or ${conditions[1]})
  order by ${orderBy}
  limit w.max_rows
) as r`;
}

function questionOf<Where, Row>(
  list: BatchedList<Where, Row>,
  n: number,
  { where, page }: BatchedQuery<Where>,
): object {
  return {
    n,
    max_rows: page.limit + 1,
    ...boundOf('after', page.after),
    ...boundOf('before', page.before),
    ...list.wantedOf(where),
  };
}

function boundOf(name: string, key: TimedKey | null): object {
  if (key === null) return {};
  return {
    [`${name}_bucket`]: isoInstant(Math.floor(key.atMs / BUCKET_MS) * BUCKET_MS),
    [`${name}_at`]: isoInstant(key.atMs),
    [`${name}_id`]: key.id,
  };
}

function compareKeys(a: TimedKey, b: TimedKey): number {
  if (a.atMs !== b.atMs) return a.atMs - b.atMs;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}
