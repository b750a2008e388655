import type { ClientBase, Pool } from 'pg';
import { groupBy } from '../domain/group-by.js';
import { type Refusal, writeAccepted } from '../warehouse/accepted-write.js';
import { MESSAGE_TABLES } from '../warehouse/message-tables.js';
import { type NamedTable, readNamedRows } from '../warehouse/readers/named-rows.js';
import { columnList, readTableShape } from '../warehouse/rows.js';
import type { SessionName } from '../warehouse/stores/session-store.js';
import { SESSION_TABLES } from '../warehouse/stores/session-tables.js';
import { nameKey } from './dirty-session.js';
import type { RefusedSession } from './rebuild-lots.js';
import type { markBuckets } from './session-batch.js';

const SOURCES = {
  sessionStart: 'core.session_start',
  sessionBucket5m: 'core.session_bucket_5m',
  sessionBucket1h: 'core.session_bucket_1h',
  swap: 'core.swap',
  sessionIngest5m: 'core.session_ingest_5m',
  sessionIngest1h: 'core.session_ingest_1h',
} as const;

/** Whether stored sessions began before the raw floor: they stay as they are. */
export async function hasFrozenSessions(client: ClientBase, rawFloor: Date): Promise<boolean> {
  const { rows } = await client.query<{ has_frozen: boolean }>(
    'select exists (select from core.session where first_seen_at < $1) as has_frozen',
    [rawFloor],
  );
  return rows[0]?.has_frozen === true;
}

const IS_FROZEN = (alias: string) => `exists (
  select from core.session as frozen
  where frozen.org = ${alias}.org and frozen.session_key = ${alias}.session_key and frozen.first_seen_at < $1
)`;

const OTHER_MARKS = [
  'work.sighting_mark',
  'work.payment_mark',
  'work.payment_session_mark',
  'work.job_mark',
  'work.worker_mark',
  'work.message_mark',
] as const;

/** Takes every mark, parked ones too: whatever is committed from here on keeps its own. */
export async function takeAllMarks(client: ClientBase, rawFloor: Date, hasFrozen: boolean): Promise<void> {
  for (const table of OTHER_MARKS) await client.query(`delete from ${table}`);
  for (const table of ['work.session_mark', 'work.parked_session']) {
    if (hasFrozen) await client.query(`delete from ${table} as m where not ${IS_FROZEN('m')}`, [rawFloor]);
    else await client.query(`delete from ${table}`);
  }
}

// Deleted, not truncated: a truncated table makes its readers wait for the commit.
export async function clearTables(client: ClientBase, rawFloor: Date, hasFrozen: boolean): Promise<void> {
  for (const table of SESSION_TABLES.filter((name) => name !== 'core.session')) {
    if (hasFrozen) await client.query(`delete from ${table} as t where not ${IS_FROZEN('t')}`, [rawFloor]);
    else await client.query(`delete from ${table}`);
  }
  await client.query('delete from core.session where first_seen_at >= $1', [rawFloor]);
}

/** Removes the rows that were written of sessions which the database refuses after all. */
export async function takeBack(
  client: ClientBase,
  sessions: readonly Refusal<SessionName>[],
): Promise<readonly RefusedSession[]> {
  if (sessions.length === 0) return [];
  const names = [sessions.map(({ item }) => item.org), sessions.map(({ item }) => item.sessionKey)];
  const { rows } = await client.query<SessionName & { readonly startMs: number }>(
    `select t.org, t.session_key as "sessionKey", (extract(epoch from t.slice_start) * 1000)::float8 as "startMs"
     from unnest($1::text[], $2::text[]) as q (org, session_key)
     join core.session_slice as t on t.session_key = q.session_key and t.org = q.org`,
    names,
  );
  for (const table of SESSION_TABLES) {
    await client.query(
      `delete from ${table} as t using unnest($1::text[], $2::text[]) as q (org, session_key)
       where t.session_key = q.session_key and t.org = q.org`,
      names,
    );
  }
  const startsOf = groupBy(rows, nameKey);
  return sessions.map(({ item, error }) => ({
    ...item,
    reason: 'refused',
    error,
    sliceStartsMs: (startsOf.get(nameKey(item)) ?? []).map(({ startMs }) => startMs),
  }));
}

const SESSIONS_AT_ONCE = 200;

/**
 * Puts back the rows of some sessions, as another connection still sees them, before this one's transaction commits.
 * Answers those whose old rows the database refuses by now as well: nothing is left of them but what they are owed.
 */
export async function keepStoredRows<Session extends SessionName>(
  reader: ClientBase,
  writer: ClientBase,
  sessions: readonly Session[],
): Promise<readonly Refusal<Session>[]> {
  const lost: Refusal<Session>[] = [];
  for (let start = 0; start < sessions.length; start += SESSIONS_AT_ONCE) {
    const some = sessions.slice(start, start + SESSIONS_AT_ONCE);
    const { refused } = await writeAccepted(writer, some, (accepted) => copyStoredRows(reader, writer, accepted));
    lost.push(...refused);
  }
  return lost;
}

async function copyStoredRows(reader: ClientBase, writer: ClientBase, sessions: readonly SessionName[]): Promise<void> {
  const names = [sessions.map(({ org }) => org), sessions.map(({ sessionKey }) => sessionKey)];
  for (const table of SESSION_TABLES) {
    const { rows } = await reader.query<{ row: string }>(
      `select to_jsonb(t)::text as row
       from unnest($1::text[], $2::text[]) as q (org, session_key)
       join ${table} as t on t.session_key = q.session_key and t.org = q.org`,
      names,
    );
    await writer.query(`insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1::jsonb)`, [
      `[${rows.map(({ row }) => row).join(',')}]`,
    ]);
  }
}

/** The same for named rows of another table, but for those that the database refuses by now. */
export async function putBack(
  reader: ClientBase,
  writer: ClientBase,
  named: NamedTable,
  names: readonly object[],
): Promise<void> {
  if (names.length === 0) return;
  const { table } = named;
  const insert = `insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1::jsonb)`;
  const rows = await readNamedRows(reader, named, names);
  await writeAccepted(writer, rows, (accepted) => writer.query(insert, [`[${accepted.join(',')}]`]));
}

const OTHERS_REBUILT = ['core.payment', 'core.job', 'core.capability_run', 'core.grain'] as const;
const REBUILT = [...SESSION_TABLES, ...OTHERS_REBUILT, ...MESSAGE_TABLES.map(({ core }) => core)];
/** Numbers of thousands of digits and documents: nothing is looked up by them, and reading them was most of the work. */
const UNSEARCHED = /^(numeric|jsonb)/;

/** Tells the planner what a rebuild has written. */
export async function analyzeRebuilt(pool: Pool): Promise<void> {
  const lists = [];
  for (const table of REBUILT) {
    const { columns } = await readTableShape(pool, table);
    lists.push(`${table} (${columnList(columns.filter(({ type }) => !UNSEARCHED.test(type)))})`);
  }
  await pool.query(`analyze ${lists.join(', ')}`);
}

type Buckets = Parameters<typeof markBuckets>[1];

/** The buckets that have rows of a session, per source of rollups. */
export async function readBuckets(client: ClientBase): Promise<Buckets> {
  return {
    sessionStart: await readBucketStarts(client, SOURCES.sessionStart),
    sessionBucket5m: await readBucketStarts(client, SOURCES.sessionBucket5m),
    sessionBucket1h: await readBucketStarts(client, SOURCES.sessionBucket1h),
    swap: await readBucketStarts(client, SOURCES.swap),
    sessionIngest5m: await readBucketStarts(client, SOURCES.sessionIngest5m),
    sessionIngest1h: await readBucketStarts(client, SOURCES.sessionIngest1h),
  };
}

/** The buckets that a source of rollups has rows of. */
export async function readBucketStarts(client: ClientBase, table: string): Promise<Date[]> {
  const { rows } = await client.query<{ bucket_start: Date }>(`select distinct bucket_start from ${table}`);
  return rows.map((row) => row.bucket_start);
}

export function union(a: readonly Date[], b: readonly Date[]): Date[] {
  return [...new Set([...a, ...b].map((date) => date.getTime()))].map((ms) => new Date(ms));
}
