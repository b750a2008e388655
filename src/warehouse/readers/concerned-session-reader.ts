import type { ClientBase } from 'pg';
import { SIGHTING_GRACE_MS } from '../../domain/capability-index.js';
import { type MarkedSightings, SPANS, spanValues } from '../stores/sighting-mark-store.js';

/**
 * CTEs over the values of `shownSinceValues`: `earliest` (org, identity, since_at) says from when on new sightings can
 * change what showed an identity (URL, address or local address): after the previous sighting of their key, less the
 * grace that maps have.
 */
export const SHOWN_SINCE = `with k as (select * from ${SPANS}),
since as (
  select k.org, k.address, k.uri,
    coalesce(
      (
        select max(s.observed_at)
        from fact.capability_sighting as s
        where s.org = k.org and s.address = k.address and s.uri = k.uri and s.observed_at < k.first_at
      ),
      k.first_at
    ) - $6::int * interval '1 millisecond' as since_at
  from k
),
shown as (
  select org, address as identity, since_at from since
  union
  select org, uri, since_at from since where uri <> ''
  union
  select s.org, r.local_address, s.since_at
  from since as s
  join core.capability_run as r on r.org = s.org and r.address = s.address and r.uri = s.uri
  where r.local_address <> ''
),
earliest as (
  select org, identity, min(since_at) as since_at from shown group by 1, 2
)`;

/** The parameters of `SHOWN_SINCE`, $1 to $6. */
export function shownSinceValues(marked: readonly MarkedSightings[]): unknown[] {
  return [...spanValues(marked), SIGHTING_GRACE_MS];
}

// Sessions are found by any URL or address they ever showed.
const CONCERNED = {
  name: 'concerned-session-reader/sessions',
  text: `
${SHOWN_SINCE}
select distinct s.org, s.session_key as "sessionKey"
from earliest as e
join core.session_identity as i on i.org = e.org and i.identity = e.identity
join core.session as s on s.org = i.org and s.session_key = i.session_key
cross join work.floor as f
where s.last_seen_at >= e.since_at and s.first_seen_at >= f.raw_floor`,
};

/** Stored sessions whose attribution the new sightings can change. */
export async function readConcernedSessions(
  client: ClientBase,
  marked: readonly MarkedSightings[],
): Promise<{ readonly org: string; readonly sessionKey: string }[]> {
  if (marked.length === 0) return [];
  const { rows } = await client.query<{ org: string; sessionKey: string }>({
    ...CONCERNED,
    values: shownSinceValues(marked),
  });
  return rows;
}
