import type { ClientBase } from 'pg';
import type { FamilyRank } from '../../domain/event.js';
import type { OrderKey } from '../../domain/order.js';
import { shardOf } from '../../domain/shard.js';
import { fetchRows } from '../readers/cursor.js';
import { MARKED_GATEWAYS, NAMED_GATEWAYS, sessionsOfGateways } from '../readers/gateway-extent.js';

/** One dirty slice of a session, or with `sliceStartMs` null its attribution. */
export interface SessionMark {
  readonly org: string;
  readonly sessionKey: string;
  readonly sliceStartMs: number | null;
  /** Smallest order key among the marked events; null: unknown, so the whole slice. */
  readonly firstKey: OrderKey | null;
}

interface MarkRow {
  readonly org: string;
  readonly session_key: string;
  readonly slice_start: Date | null;
  readonly first_event_at: Date | null;
  readonly first_family_rank: FamilyRank | null;
  readonly first_event_id: string | null;
}

// The chosen shards are a materialised list first: in a plain WHERE the lock would be tried, and taken, for shards that
// turn out clean. Each costs one index probe, and a count that ends at the limit.
const LOCK_SHARDS = {
  name: 'session-mark-store/lock-shards',
  text: `
with dirty as materialized (
  select s.shard, (s.shard - $2::int + 64) % 64 as distance, m.mark_count
  from generate_series(0, 63) as s (shard)
  cross join lateral (
    select count(*) as mark_count from (select from work.session_mark where shard = s.shard limit $3) as bounded
  ) as m
  where m.mark_count > 0
),
chosen as materialized (
  select shard, distance, sum(mark_count) over (order by distance) - mark_count as marks_before
  from dirty
  order by distance
  limit $4
)
select shard from chosen
where case when marks_before < $3 then pg_try_advisory_xact_lock($1, shard) else false end
order by distance`,
};

/** A batch leaves half of the shards to another worker. */
const SHARDS_PER_BATCH = 32;

/**
 * Locks dirty shards that no other transaction holds, looking from `firstShard` on: as many as hold about `markLimit`
 * marks together, since what a batch costs is mostly its statements and live traffic dirties all shards a little.
 */
export async function lockDirtyShards(
  client: ClientBase,
  { lockClass, firstShard, markLimit }: { lockClass: number; firstShard: number; markLimit: number },
): Promise<number[]> {
  const values = [lockClass, firstShard, markLimit, SHARDS_PER_BATCH];
  const { rows } = await client.query<{ shard: number }>({ ...LOCK_SHARDS, values });
  return rows.map(({ shard }) => shard);
}

const TAKE = {
  name: 'session-mark-store/take',
  text: `
delete from work.session_mark
where mark_id = any (array(
  select m.mark_id
  from unnest($1::int[]) as s (shard)
  cross join lateral (
    select mark_id from work.session_mark where shard = s.shard order by mark_id limit $2
  ) as m
))
returning org, session_key, slice_start, first_event_at, first_family_rank, first_event_id`,
};

/**
 * Takes the oldest marks of shards that the transaction has locked, `limit` of each. What the caller reads in later statements holds
 * at least every event of these marks; marks set meanwhile stay.
 */
export async function takeMarks(client: ClientBase, shards: readonly number[], limit: number): Promise<SessionMark[]> {
  const { rows } = await client.query<MarkRow>({ ...TAKE, values: [shards, limit] });
  return rows.map((row) => ({
    org: row.org,
    sessionKey: row.session_key,
    sliceStartMs: row.slice_start?.getTime() ?? null,
    firstKey:
      row.first_event_at === null || row.first_family_rank === null || row.first_event_id === null
        ? null
        : { at: row.first_event_at.getTime(), rank: row.first_family_rank, id: row.first_event_id },
  }));
}

const SLICES_WITH_EVENTS = {
  name: 'session-mark-store/slices-with-events',
  text: `
select distinct org, session_key, public.time_bucket(interval '5 minutes', event_at) as slice_start
from fact.session_event
where event_at >= $1 and event_at < $2`,
};
const ADD = {
  name: 'session-mark-store/add',
  text: `
insert into work.session_mark (shard, org, session_key, slice_start)
select * from unnest($1::smallint[], $2::text[], $3::text[], $4::timestamptz[])`,
};

/** Sets marks; slices are folded anew as a whole. */
export async function addMarks(
  client: ClientBase,
  marks: readonly Pick<SessionMark, 'org' | 'sessionKey' | 'sliceStartMs'>[],
): Promise<void> {
  if (marks.length === 0) return;
  await client.query({
    ...ADD,
    values: [
      marks.map(({ org, sessionKey }) => shardOf(org, sessionKey)),
      marks.map(({ org }) => org),
      marks.map(({ sessionKey }) => sessionKey),
      marks.map(({ sliceStartMs }) => (sliceStartMs === null ? null : new Date(sliceStartMs))),
    ],
  });
}

/** Marks sessions for re-attribution from their stored slices. */
export function markForReattribution(
  client: ClientBase,
  sessions: readonly { readonly org: string; readonly sessionKey: string }[],
): Promise<void> {
  return addMarks(
    client,
    sessions.map(({ org, sessionKey }) => ({ org, sessionKey, sliceStartMs: null })),
  );
}

const SESSIONS_PER_FETCH = 2_000;

/** Marks the sessions of some gateways for being resolved from their stored slices; answers how many. */
export async function markSessionsOfGateways(client: ClientBase, gateways: readonly string[]): Promise<number> {
  let count = 0;
  const text = `select org, session_key as "sessionKey" from (${sessionsOfGateways(NAMED_GATEWAYS)}) as s`;
  const query = { cursor: 'gateway_session', text, values: [gateways] };
  for await (const sessions of fetchRows<Pick<SessionMark, 'org' | 'sessionKey'>>(client, query, SESSIONS_PER_FETCH)) {
    await markForReattribution(client, sessions);
    count += sessions.length;
  }
  return count;
}

/** Marks every slice that has events of `[from, to)`; answers how many. */
export async function markSlicesWithEvents(client: ClientBase, from: Date, to: Date): Promise<number> {
  const { rows } = await client.query<{ org: string; session_key: string; slice_start: Date }>({
    ...SLICES_WITH_EVENTS,
    values: [from, to],
  });
  await addMarks(
    client,
    rows.map((row) => ({ org: row.org, sessionKey: row.session_key, sliceStartMs: row.slice_start.getTime() })),
  );
  return rows.length;
}

const WAITING = {
  name: 'session-mark-store/waiting',
  text: `
select org, session_key as "sessionKey" from work.session_mark
union
select org, session_key from work.parked_session
union
${sessionsOfGateways(MARKED_GATEWAYS)}`,
};

/** Sessions whose stored rows are not yet what events and configuration say: marked, parked or of a marked gateway. */
export async function readWaitingSessions(
  client: Pick<ClientBase, 'query'>,
): Promise<readonly Pick<SessionMark, 'org' | 'sessionKey'>[]> {
  const { rows } = await client.query<Pick<SessionMark, 'org' | 'sessionKey'>>(WAITING);
  return rows;
}

const COUNT = {
  name: 'session-mark-store/count',
  text: `
select (select count(*) from work.session_mark)::int as sessions, (select count(*) from work.sighting_mark)::int as sightings`,
};

export interface PendingMarks {
  readonly sessions: number;
  readonly sightings: number;
}

/** Marks that wait. */
export async function countMarks(client: Pick<ClientBase, 'query'>): Promise<PendingMarks> {
  const { rows } = await client.query<PendingMarks>(COUNT);
  return rows[0] ?? { sessions: 0, sightings: 0 };
}
