import type { Pool } from 'pg';
import { DIMENSIONS, type SyntheticChoice } from '../../domain/dimensions.js';
import { DIMENSION_COLUMN, type GrainFilter } from './grain.js';
import { keysetSql, type ListPage } from './list-page.js';
import { createParameters, shapeName } from './parameters.js';

export const SESSION_ORDERS = ['STARTED_AT', 'LAST_SEEN_AT'] as const;
export type SessionOrder = (typeof SESSION_ORDERS)[number];

export interface SessionFilter {
  readonly grain: GrainFilter;
  readonly synthetic: SyntheticChoice;
  readonly startedFromMs: number | null;
  readonly startedUntilMs: number | null;
  /** null takes both. */
  readonly isCompleted: boolean | null;
  readonly lastSeenFromMs: number | null;
  readonly lastSeenUntilMs: number | null;
  readonly startupOutcome: string | null;
  readonly attributionOutcome: string | null;
  readonly selectionOutcome: string | null;
  readonly streamId: string | null;
  readonly requestId: string | null;
}

/** The key of a session in a list: the instant it is ordered by, and its id. */
export interface ListedSession {
  readonly id: string;
  readonly atMs: number;
}

export interface SessionListQuery {
  readonly filter: SessionFilter;
  readonly order: SessionOrder;
  readonly isDescending: boolean;
  readonly page: ListPage<ListedSession>;
}

/** Ids of a page of sessions in list order, one more than the limit when there is one. */
export async function readListedSessions(db: Pool, query: SessionListQuery): Promise<readonly ListedSession[]> {
  const { filter, page } = query;
  const column = query.order === 'STARTED_AT' ? 'started_at' : 'last_seen_at';
  const { values, add } = createParameters();
  const conditions = filterConditions(filter, add);
  const keyOf = (key: ListedSession | null): readonly string[] | null =>
    key === null ? null : [`${add(instant(key.atMs))}::timestamptz`, `${add(key.id)}::text`];
  const keyset = keysetSql([column, 'id'], query.isDescending, {
    isBackward: page.isBackward,
    after: keyOf(page.after),
    before: keyOf(page.before),
  });
  const text = `select id, extract(epoch from ${column}) * 1000 as at_ms
from api.session
where ${[...conditions, ...keyset.conditions].join('\n  and ')}
order by ${keyset.orderBy}
limit ${add(page.limit + 1)}::bigint`;
  const { rows } = await db.query<{ id: string; at_ms: string }>({
    name: shapeName('listed-sessions-reader/page', text),
    text,
    values,
  });
  const sessions = rows.map(({ id, at_ms }) => ({ id, atMs: Math.round(Number(at_ms)) }));
  return page.isBackward ? sessions.toReversed() : sessions;
}

/** How many sessions a filter keeps. */
export async function countSessions(db: Pool, filter: SessionFilter): Promise<number> {
  const { values, add } = createParameters();
  const text = `select count(*) as count
from api.session
where ${filterConditions(filter, add).join('\n  and ')}`;
  const { rows } = await db.query<{ count: string }>({
    name: shapeName('listed-sessions-reader/count', text),
    text,
    values,
  });
  return Number(rows[0]?.count ?? 0);
}

function filterConditions(filter: SessionFilter, add: (value: unknown) => string): readonly string[] {
  const lists = DIMENSIONS.flatMap((dimension) => {
    const wanted = filter.grain.wanted[dimension];
    return wanted === undefined || wanted.length === 0
      ? []
      : [`${DIMENSION_COLUMN[dimension]} = any(${add(wanted)}::text[])`];
  });
  const optional = (value: unknown, condition: (parameter: string) => string): readonly string[] =>
    value === null ? [] : [condition(add(value))];
  const at = (ms: number | null): string | null => (ms === null ? null : instant(ms));
  return [
    'true',
    ...lists,
    ...optional(
      filter.synthetic === 'INCLUDE' ? null : filter.synthetic === 'ONLY',
      (p) => `is_synthetic = ${p}::boolean`,
    ),
    ...optional(filter.grain.isHardwareBacked, (p) => `(gpu_id <> '') = ${p}::boolean`),
    ...optional(at(filter.startedFromMs), (p) => `started_at >= ${p}::timestamptz`),
    ...optional(at(filter.startedUntilMs), (p) => `started_at < ${p}::timestamptz`),
    ...optional(filter.isCompleted, (p) => `is_completed = ${p}::boolean`),
    ...optional(at(filter.lastSeenFromMs), (p) => `last_seen_at >= ${p}::timestamptz`),
    ...optional(at(filter.lastSeenUntilMs), (p) => `last_seen_at < ${p}::timestamptz`),
    ...optional(filter.startupOutcome, (p) => `startup_outcome = ${p}::text`),
    ...optional(filter.attributionOutcome, (p) => `attribution_outcome = ${p}::text`),
    ...optional(filter.selectionOutcome, (p) => `selection_outcome = ${p}::text`),
    ...optional(filter.streamId, (p) => `stream_id = ${p}::text`),
    ...optional(filter.requestId, (p) => `request_id = ${p}::text`),
  ];
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
