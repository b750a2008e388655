import type { ClientBase } from 'pg';
import { SIGHTING_GRACE_MS } from '../../domain/capability-index.js';
import { fetchRows } from '../readers/cursor.js';
import type { DiscoveryName } from '../readers/discovery-event-reader.js';
import { discoveriesOfGateways, MARKED_GATEWAYS, NAMED_GATEWAYS } from '../readers/gateway-extent.js';
import { type MarkedSightings, SPANS, spanValues } from './sighting-mark-store.js';

const NEWEST = { name: 'discovery-mark-store/newest', text: 'select max(mark_id) as mark from work.discovery_mark' };

/** The newest mark that is there, as text; null without any. */
export async function newestDiscoveryMark(client: Pick<ClientBase, 'query'>): Promise<string | null> {
  const { rows } = await client.query<{ mark: string | null }>(NEWEST);
  return rows[0]?.mark ?? null;
}

const TAKE = {
  name: 'discovery-mark-store/take',
  text: `
with taken as (
  delete from work.discovery_mark
  where mark_id = any (array(select mark_id from work.discovery_mark where mark_id <= $1 order by mark_id limit $2))
  returning org, event_id, event_at
)
select distinct org, event_id as "eventId", event_at as "eventAt" from taken`,
};

/** Takes up to `limit` of the oldest marks up to one of them; each message once. */
export async function takeDiscoveryMarks(
  client: ClientBase,
  { upTo, limit }: { readonly upTo: string; readonly limit: number },
): Promise<readonly DiscoveryName[]> {
  return (await client.query<DiscoveryName>({ ...TAKE, values: [upTo, limit] })).rows;
}

const SET = {
  name: 'discovery-mark-store/set',
  text: `
insert into work.discovery_mark (org, event_id, event_at)
select * from unnest($1::text[], $2::text[], $3::timestamptz[])`,
};

/** Marks messages, behind all others. */
export async function setDiscoveryMarks(client: ClientBase, names: readonly DiscoveryName[]): Promise<void> {
  if (names.length === 0) return;
  const values = [
    names.map(({ org }) => org),
    names.map(({ eventId }) => eventId),
    names.map(({ eventAt }) => eventAt),
  ];
  await client.query({ ...SET, values });
}

// Whom a URL or a key leads to depends on since when each owner is known to have it, and on nothing else. A sighting
// that repeats what an earlier one said, which is nearly every one, changes that for nobody.
const NEWLY_KNOWN = {
  name: 'discovery-mark-store/newly-known',
  text: `
with k as (select * from ${SPANS}),
touched as (
  select distinct r.org, r.address, r.uri, r.local_address, k.first_at
  from k
  join core.capability_run as r on r.org = k.org and r.address = k.address and r.uri = k.uri and r.last_at >= k.first_at
),
shown as (
  select t.org, t.address as identity, t.first_at, (
    select min(r.first_at) from core.capability_run as r where r.org = t.org and r.address = t.address
  ) as known_at
  from touched as t
  union all
  select t.org, t.uri, t.first_at, (
    select min(r.first_at) from core.capability_run as r
    where r.org = t.org and r.address = t.address and r.uri = t.uri
  )
  from touched as t where t.uri <> ''
  union all
  select t.org, t.local_address, t.first_at, (
    select min(r.first_at) from core.capability_run as r
    where r.org = t.org and r.address = t.address and r.local_address = t.local_address
  )
  from touched as t where t.local_address <> ''
)
select org, identity, min(known_at) - $6::int * interval '1 millisecond' as "sinceAt"
from shown
where known_at >= first_at
group by 1, 2`,
};
const MARK_SHOWING = {
  name: 'discovery-mark-store/mark-showing',
  text: `
insert into work.discovery_mark (org, event_id, event_at)
select distinct f.org, f.event_id, f.event_at
from fact.discovery_result as f
cross join unnest(f.orch_urls || f.orch_addresses) as e (identity)
join unnest($1::text[], $2::text[], $3::timestamptz[]) as q (org, identity, since_at)
  on q.org = f.org and q.identity = e.identity and f.event_at >= q.since_at
where f.event_at >= greatest($4, (select raw_floor from work.floor))`,
};

/**
 * Marks the messages in which new sightings can change whom an element is about [ATTRIBUTION-001]. The caller holds the
 * runs' lock exclusively, and the runs are recomputed.
 */
export async function markDiscoveriesOfSightings(
  client: ClientBase,
  marked: readonly MarkedSightings[],
): Promise<void> {
  if (marked.length === 0) return;
  const { rows } = await client.query<{ org: string; identity: string; sinceAt: Date }>({
    ...NEWLY_KNOWN,
    values: [...spanValues(marked), SIGHTING_GRACE_MS],
  });
  if (rows.length === 0) return;
  await client.query({
    ...MARK_SHOWING,
    values: [
      rows.map(({ org }) => org),
      rows.map(({ identity }) => identity),
      rows.map(({ sinceAt }) => sinceAt),
      new Date(rows.reduce((least, { sinceAt }) => Math.min(least, sinceAt.getTime()), Number.POSITIVE_INFINITY)),
    ],
  });
}

/** Messages between two instants, as marks name them; those as well that only a stored find tells of. */
export const discoveryNamesBetween = (from: string, to: string): string => `
select org, event_id, event_at from fact.discovery_result where event_at >= ${from} and event_at < ${to}
union
select org, event_id, discovered_at from core.discovery
where bucket_start > ${from}::timestamptz - interval '5 minutes' and discovered_at >= ${from} and discovered_at < ${to}`;

const MARK_BETWEEN = {
  name: 'discovery-mark-store/mark-between',
  text: `insert into work.discovery_mark (org, event_id, event_at) ${discoveryNamesBetween('$1', '$2')}`,
};

/** Marks the messages of `[from, to)`. */
export async function markDiscoveriesBetween(client: ClientBase, from: Date, to: Date): Promise<void> {
  await client.query({ ...MARK_BETWEEN, values: [from, to] });
}

const MARK_OF_GATEWAYS = {
  name: 'discovery-mark-store/mark-of-gateways',
  text: `insert into work.discovery_mark (org, event_id, event_at) ${discoveriesOfGateways(NAMED_GATEWAYS)}`,
};

/** Marks the messages of some gateways. */
export async function markDiscoveriesOfGateways(client: ClientBase, gateways: readonly string[]): Promise<void> {
  await client.query({ ...MARK_OF_GATEWAYS, values: [gateways] });
}

const MESSAGES_PER_FETCH = 200;

/** The messages of `[from, to)`, those that only a stored find tells of too. */
export function streamDiscoveryNames(
  client: ClientBase,
  { from, to }: { readonly from: Date; readonly to: Date },
): AsyncGenerator<readonly DiscoveryName[], void, undefined> {
  const text = `select org, event_id as "eventId", event_at as "eventAt" from (${discoveryNamesBetween('$1', '$2')}) as n`;
  return fetchRows<DiscoveryName>(client, { cursor: 'discovery_name', text, values: [from, to] }, MESSAGES_PER_FETCH);
}

/** Messages that are marked, also by a changed gateway. */
export const MARKED_DISCOVERIES = `
select org, event_id, event_at from work.discovery_mark
union
${discoveriesOfGateways(MARKED_GATEWAYS)}`;
const WAITING = {
  name: 'discovery-mark-store/waiting',
  text: `select org, event_id as "eventId", event_at as "eventAt" from (${MARKED_DISCOVERIES}) as m`,
};

/** Messages whose stored finds are not yet what sightings and configuration say. */
export async function readWaitingDiscoveries(client: ClientBase): Promise<readonly DiscoveryName[]> {
  return (await client.query<DiscoveryName>(WAITING)).rows;
}
