import type { SqlSession } from './sql-session.js';

const SAME_KEY = (a: string, b: string) =>
  `${a}.org = ${b}.org and ${a}.address = ${b}.address and ${a}.uri = ${b}.uri`;

// What a late sighting can still change of a key is the run in force at the floor and those after it. Of its sightings
// the first keeps its start and the newest before the floor keeps its end, should it be split.
const DROP_SIGHTINGS = `
delete from fact.capability_sighting as s
using work.floor as f
where s.observed_at < f.raw_floor
  and exists (
    select
    from fact.capability_sighting as n
    where ${SAME_KEY('n', 's')} and (n.observed_at, n.event_id) > (s.observed_at, s.event_id)
      and n.observed_at < f.raw_floor
  )
  and not exists (
    select
    from core.capability_run as r
    where ${SAME_KEY('r', 's')} and r.first_at = s.observed_at and r.first_event_id = s.event_id
      and (r.next_at is null or r.next_at >= f.raw_floor)
  )
  and not exists (select from work.sighting_mark as m where ${SAME_KEY('m', 's')})`;

// Too old to attribute anything, a run says that a content was once offered, first and last: between these, nothing.
const DROP_RUNS = `
delete from core.capability_run as r
using (
  select least(w.raw_floor, w.core_floor - p.capability_max_age_seconds * interval '1 second') as at
  from work.floor as w cross join config.policy as p
) as f
where r.next_at < f.at
  and exists (
    select
    from core.capability_run as e
    where ${SAME_KEY('e', 'r')} and e.content_hash = r.content_hash and e.first_at < r.first_at
  )
  and exists (
    select
    from core.capability_run as l
    where ${SAME_KEY('l', 'r')} and l.content_hash = r.content_hash and l.first_at > r.first_at and l.first_at < f.at
  )`;

/**
 * Drops the sightings and runs that nothing can ask for any more, below the floors as they are, inside the caller's
 * transaction, which holds the lock of those who compute runs [TYPED_RAW-003].
 *
 * No answer changes: below the raw floor no sighting can come any more, so the runs that ended there are final and stand
 * for their sightings.
 */
export async function dropCapabilities(session: SqlSession): Promise<void> {
  await session.query(DROP_SIGHTINGS);
  await session.query(DROP_RUNS);
}
