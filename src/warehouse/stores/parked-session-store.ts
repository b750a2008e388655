import type { ClientBase } from 'pg';
import { publicSessionId } from '../../domain/session-row.js';
import { shardOf } from '../../domain/shard.js';
import { storable } from '../../domain/text.js';
import type { SessionMark } from './session-mark-store.js';

/** What failed: reading stored state, a rule, or the database's acceptance of the rows. */
export type ParkingReason = 'unreadable' | 'unresolvable' | 'refused';

/** A session that could not be resolved, with every mark it is owed. */
export interface ParkedSession {
  readonly org: string;
  readonly sessionKey: string;
  readonly marks: readonly Pick<SessionMark, 'sliceStartMs'>[];
  readonly reason: ParkingReason;
  readonly error: string;
  /** Failures so far, this one included. */
  readonly attemptCount: number;
  readonly firstFailedAt: Date;
  readonly lastFailedAt: Date;
  readonly retryAt: Date;
}

export type Parked = Pick<ParkedSession, 'org' | 'sessionKey' | 'marks' | 'attemptCount' | 'firstFailedAt'>;

interface ParkedRow {
  readonly org: string;
  readonly session_key: string;
  readonly slice_starts: readonly Date[];
  readonly is_attribution_due: boolean;
  readonly attempt_count: number;
  readonly first_failed_at: Date;
}

const TAKE = {
  name: 'parked-session-store/take',
  text: `
delete from work.parked_session as p
using unnest($1::text[], $2::text[]) as q (org, session_key)
where p.org = q.org and p.session_key = q.session_key
returning p.org, p.session_key, p.slice_starts, p.is_attribution_due, p.attempt_count, p.first_failed_at`,
};

/** Takes the parked ones among the named sessions, whose shards the transaction holds; a failure parks them again. */
export async function takeParked(
  client: ClientBase,
  sessions: readonly Pick<ParkedSession, 'org' | 'sessionKey'>[],
): Promise<Parked[]> {
  const { rows } = await client.query<ParkedRow>({
    ...TAKE,
    values: [sessions.map(({ org }) => org), sessions.map(({ sessionKey }) => sessionKey)],
  });
  return rows.map((row) => ({
    org: row.org,
    sessionKey: row.session_key,
    marks: [
      ...row.slice_starts.map((start) => ({ sliceStartMs: start.getTime() })),
      ...(row.is_attribution_due ? [{ sliceStartMs: null }] : []),
    ],
    attemptCount: row.attempt_count,
    firstFailedAt: row.first_failed_at,
  }));
}

const PARK = {
  name: 'parked-session-store/park',
  text: `
insert into work.parked_session
  (org, session_key, session_id, shard, slice_starts, is_attribution_due, reason, error, attempt_count,
    first_failed_at, last_failed_at, retry_at)
select r.org, r.session_key, r.session_id, r.shard, r.slice_starts, r.is_attribution_due, r.reason, r.error,
  r.attempt_count, r.first_failed_at, r.last_failed_at, r.retry_at
from jsonb_populate_recordset(null::work.parked_session, $1::jsonb) as r`,
};

/** Parks sessions that are not parked. */
export async function park(client: ClientBase, sessions: readonly ParkedSession[]): Promise<void> {
  if (sessions.length === 0) return;
  const rows = sessions.map(({ org, sessionKey, marks, reason, error, attemptCount, ...at }) => ({
    org,
    session_key: sessionKey,
    session_id: publicSessionId({ org, sessionKey }),
    shard: shardOf(org, sessionKey),
    slice_starts: [...new Set(marks.flatMap(({ sliceStartMs }) => sliceStartMs ?? []))]
      .sort((a, b) => a - b)
      .map((ms) => new Date(ms)),
    is_attribution_due: marks.some(({ sliceStartMs }) => sliceStartMs === null),
    reason,
    error: storable(error),
    attempt_count: attemptCount,
    first_failed_at: at.firstFailedAt,
    last_failed_at: at.lastFailedAt,
    retry_at: at.retryAt,
  }));
  await client.query({ ...PARK, values: [JSON.stringify(rows)] });
}

// The row stays until a worker has come to its marks: it says that the session's stored state is not to be trusted.
const ASK_FOR_RETRIES = {
  name: 'parked-session-store/ask-for-retries',
  text: `
with due as (
  update work.parked_session
  set retry_at = 'infinity'
  where retry_at <= $1
  returning org, session_key, shard, slice_starts, is_attribution_due
)
insert into work.session_mark (shard, org, session_key, slice_start)
select d.shard, d.org, d.session_key, s.slice_start
from due as d
cross join lateral (
  select unnest(d.slice_starts) as slice_start
  union all
  select null where d.is_attribution_due or d.slice_starts = '{}'
) as s`,
};

/** Sets the marks of parked sessions again that are due for another attempt at the instant. */
export async function askForRetries(client: Pick<ClientBase, 'query'>, dueAt: Date): Promise<void> {
  await client.query({ ...ASK_FOR_RETRIES, values: [dueAt] });
}

const COUNT = {
  name: 'parked-session-store/count',
  text: 'select count(*)::int as parked_count from work.parked_session where last_failed_at = $1',
};

/** Sessions that are parked since they failed at the instant. */
export async function countParked(client: Pick<ClientBase, 'query'>, failedAt: Date): Promise<number> {
  const { rows } = await client.query<{ parked_count: number }>({ ...COUNT, values: [failedAt] });
  return rows[0]?.parked_count ?? 0;
}
