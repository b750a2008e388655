import type { Pool } from 'pg';
import { DIMENSIONS, type GroupKey } from '../../domain/dimensions.js';
import { type GrainValues, groupColumns, groupName, type Selection, selectionSql } from './grain.js';
import { createParameters } from './parameters.js';

export interface OpenSessionQuery extends Selection {
  readonly groupBy: readonly GroupKey[];
  /** Sessions last seen at or after this. */
  readonly fromMs: number;
  /** Sessions last seen at or after this are recent, the others are not. */
  readonly recentFromMs: number;
  /** Sessions last seen before this. */
  readonly untilMs: number;
}

export interface OpenSessionCounts {
  readonly grain: GrainValues;
  readonly recentCount: number;
  readonly otherCount: number;
}

type Row = Readonly<Record<string, string>>;

/** Sessions without a close by dimensions, and how lately they were seen. */
export async function readOpenSessions(db: Pool, query: OpenSessionQuery): Promise<readonly OpenSessionCounts[]> {
  const parameters = createParameters();
  const selected = selectionSql(parameters, query);
  const at = (ms: number): string => `${parameters.add(new Date(ms).toISOString())}::timestamptz`;
  const [from, recentFrom, until] = [at(query.fromMs), at(query.recentFromMs), at(query.untilMs)];
  const keys = groupColumns(query.groupBy);
  const counts = [
    `count(*) filter (where last_seen_at >= ${recentFrom}) as recent`,
    `count(*) filter (where last_seen_at < ${recentFrom}) as other`,
  ];
  const { rows } = await db.query<Row>({
    name: `live-session-reader/open-${groupName(query.groupBy)}`,
    text: `select ${[...keys, ...counts].join(', ')}
from api.session
where not is_completed
  and last_seen_at >= ${from} and last_seen_at < ${until}
  and ${selected}${keys.length === 0 ? '' : `\ngroup by ${keys.map((_, index) => index + 1).join(', ')}`}`,
    values: parameters.values,
  });
  return rows.map((row) => ({
    grain: Object.fromEntries(
      DIMENSIONS.flatMap((dimension) => (dimension in row ? [[dimension, row[dimension] ?? '']] : [])),
    ),
    recentCount: Number(row['recent']),
    otherCount: Number(row['other']),
  }));
}
