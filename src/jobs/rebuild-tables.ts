import type { ClientBase } from 'pg';
import { SESSION_TABLES } from '../warehouse/stores/session-tables.js';
import type { markBuckets } from './session-batch.js';

const SOURCES = {
  sessionStart: 'session_start',
  sessionBucket5m: 'session_bucket_5m',
  sessionBucket1h: 'session_bucket_1h',
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

/** Takes every mark, parked ones too: whatever is committed from here on keeps its own. */
export async function takeAllMarks(client: ClientBase, rawFloor: Date, hasFrozen: boolean): Promise<void> {
  await client.query('delete from work.sighting_mark');
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

/**
 * Puts back the rows of some sessions, as another connection still sees them, before this one's transaction commits.
 */
export async function keepStoredRows(
  reader: ClientBase,
  writer: ClientBase,
  sessions: readonly { readonly org: string; readonly sessionKey: string }[],
): Promise<void> {
  if (sessions.length === 0) return;
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

type Buckets = Parameters<typeof markBuckets>[1];

/** The buckets that have rows of a session, per source of rollups. */
export async function readBuckets(client: ClientBase): Promise<Buckets> {
  const read = async (table: string): Promise<Date[]> => {
    const { rows } = await client.query<{ bucket_start: Date }>(`select distinct bucket_start from core.${table}`);
    return rows.map((row) => row.bucket_start);
  };
  return {
    sessionStart: await read(SOURCES.sessionStart),
    sessionBucket5m: await read(SOURCES.sessionBucket5m),
    sessionBucket1h: await read(SOURCES.sessionBucket1h),
  };
}

export function union(a: readonly Date[], b: readonly Date[]): Date[] {
  return [...new Set([...a, ...b].map((date) => date.getTime()))].map((ms) => new Date(ms));
}
