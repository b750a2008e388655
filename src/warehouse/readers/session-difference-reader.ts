import type { ClientBase } from 'pg';
import { columnList, readTableShape, recordset, rowsParameter, type TableShape } from '../rows.js';
import {
  DECISION_TABLE,
  DECISION_TIMES,
  SESSION_TABLES,
  type SessionTable,
  type SessionTables,
} from '../stores/session-tables.js';
import { type DifferenceRow, differencesOf, type RowDifference } from './row-difference.js';

export interface NamedSession {
  readonly org: string;
  readonly sessionKey: string;
}

export interface SessionDifferenceReader {
  /** How the stored rows of the sessions differ from the computed ones, table by table. */
  read(
    client: ClientBase,
    sessions: readonly NamedSession[],
    computed: SessionTables,
  ): Promise<readonly RowDifference[]>;
}

/** Compares the rows of sessions in every table of core that the resolver writes, and the decisions in force. */
export async function createSessionDifferenceReader(
  client: Pick<ClientBase, 'query'>,
): Promise<SessionDifferenceReader> {
  const statements = new Map<SessionTable, { name: string; text: string }>();
  for (const table of SESSION_TABLES) statements.set(table, comparison(table, await readTableShape(client, table)));
  statements.set(DECISION_TABLE, comparison(DECISION_TABLE, await decisionShape(client)));
  return {
    async read(session, sessions, computed) {
      const names = [sessions.map(({ org }) => org), sessions.map(({ sessionKey }) => sessionKey)];
      const differences: RowDifference[] = [];
      for (const [relation, statement] of statements) {
        const values = [...names, rowsParameter(computed[relation])];
        const { rows } = await session.query<DifferenceRow>({ ...statement, values });
        differences.push(...rows.map((row) => ({ relation, ...row })));
      }
      return differences;
    },
  };
}

async function decisionShape(client: Pick<ClientBase, 'query'>): Promise<TableShape> {
  const shape = await readTableShape(client, DECISION_TABLE);
  const columns = shape.columns.filter(({ name }) => !DECISION_TIMES.includes(name));
  return { ...shape, columns, key: columns.filter(({ name }) => ['org', 'session_key', 'ordinal'].includes(name)) };
}

// Lateral with `offset 0` for the reason given in session-event-reader.
function comparison(table: SessionTable, { columns, key }: TableShape): { name: string; text: string } {
  const current = table === DECISION_TABLE ? 'and t.superseded_at is null' : '';
  return {
    name: `session-difference-reader/${table}`,
    text: `
with computed as (select * from ${recordset('$3', columns)} as r),
stored as (
  select r.*
  from unnest($1::text[], $2::text[]) as q (org, session_key)
  cross join lateral (
    select ${columnList(columns, 't')}
    from ${table} as t
    where t.session_key = q.session_key and t.org = q.org ${current}
    offset 0
  ) as r
)
${differencesOf(key.map(({ name }) => name))}`,
  };
}

/** When a row of each table is, to find those of a span. Others are found with their session. */
const TIMES: readonly (readonly [SessionTable, string])[] = [
  ['core.session', 'last_seen_at'],
  ['core.segment', 'started_at'],
  ['core.swap', 'swapped_at'],
  ['core.session_start', 'bucket_start'],
  ['core.session_bucket_5m', 'bucket_start'],
  ['core.session_bucket_1h', 'bucket_start'],
  ['core.session_ingest_5m', 'bucket_start'],
  ['core.session_ingest_1h', 'bucket_start'],
  ['core.session_slice', 'slice_start'],
];
const EVENTLESS = {
  name: 'session-difference-reader/eventless',
  text: `
select distinct t.org, t.session_key as "sessionKey"
from (
  ${TIMES.map(([table, time]) => `select org, session_key from ${table} where ${time} >= $1 and ${time} < $2`).join('\n  union\n  ')}
) as t
where not exists (
  select from fact.session_event as e where e.session_key = t.session_key and e.org = t.org and e.event_at >= $3
)
and not exists (
  select from core.session as s where s.org = t.org and s.session_key = t.session_key and s.first_seen_at < $3
)`,
};

/** Sessions with stored rows in `[from, to)` that no event accounts for, but for those begun before the raw floor. */
export async function readEventlessSessions(
  client: ClientBase,
  { from, to, rawFloor }: { readonly from: Date; readonly to: Date; readonly rawFloor: Date },
): Promise<readonly NamedSession[]> {
  const { rows } = await client.query<NamedSession>({ ...EVENTLESS, values: [from, to, rawFloor] });
  return rows;
}
