import type { Pool } from 'pg';
import { keysetSql, type ListPage } from './list-page.js';
import { createParameters, shapeName } from './parameters.js';

/** SQL conditions over the columns of a relation; `add` gives the parameter of a value. */
export type ListConditions = (add: (value: unknown) => string) => readonly string[];

export interface ListedRelation {
  /** Home of the statement, for its name. */
  readonly home: string;
  /** A view of `api` whose `id` is a unique text; it goes by the alias `l`. */
  readonly relation: string;
  readonly conditions: ListConditions;
}

/** Ids of a page of a relation in their own order, one more than the limit when there is one. */
export async function readListedIds(
  db: Pool,
  { home, relation, conditions }: ListedRelation,
  page: ListPage<string>,
): Promise<readonly string[]> {
  const { values, add } = createParameters();
  const wanted = conditions(add);
  const keyset = keysetSql(['l.id'], false, {
    isBackward: page.isBackward,
    after: page.after === null ? null : [`${add(page.after)}::text`],
    before: page.before === null ? null : [`${add(page.before)}::text`],
  });
  const text = `select l.id
from ${relation} as l
where ${['true', ...wanted, ...keyset.conditions].join('\n  and ')}
order by ${keyset.orderBy}
limit ${add(page.limit + 1)}::bigint`;
  const { rows } = await db.query<{ id: string }>({ name: shapeName(`${home}/page`, text), text, values });
  const ids = rows.map(({ id }) => id);
  return page.isBackward ? ids.toReversed() : ids;
}

/** How many rows of a relation a filter keeps. */
export async function countListed(db: Pool, { home, relation, conditions }: ListedRelation): Promise<number> {
  const { values, add } = createParameters();
  const text = `select count(*) as count
from ${relation} as l
where ${['true', ...conditions(add)].join('\n  and ')}`;
  const { rows } = await db.query<{ count: string }>({ name: shapeName(`${home}/count`, text), text, values });
  return Number(rows[0]?.count ?? 0);
}

/** A condition that keeps values of a list; none for an empty list. */
export function inList(column: string, wanted: readonly string[], add: (value: unknown) => string): readonly string[] {
  return wanted.length === 0 ? [] : [`${column} = any(${add(wanted)}::text[])`];
}

/** A condition that keeps instants at or after one; none without one. */
export function sinceInstant(
  column: string,
  fromMs: number | null,
  add: (value: unknown) => string,
): readonly string[] {
  return fromMs === null ? [] : [`${column} >= ${add(new Date(fromMs).toISOString())}::timestamptz`];
}
