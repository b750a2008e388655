import type { ClientBase } from 'pg';
import { SIGHTING_GRACE_MS } from '../../domain/capability-index.js';
import type { MessageKind } from '../../domain/message.js';
import { MESSAGE_TABLES, type MessageTables } from '../message-tables.js';
import { fetchRows } from '../readers/cursor.js';
import { MARKED_GATEWAYS, messagesOfGateways, NAMED_GATEWAYS } from '../readers/gateway-extent.js';
import { type MessageName, nameValues } from '../readers/message-reader.js';
import { type MarkedSightings, SPANS, spanValues } from './sighting-mark-store.js';

const NEWEST = {
  name: 'message-mark-store/newest',
  text: 'select max(mark_id) as mark from work.message_mark where kind = $1',
};

/** The newest mark of a kind that is there, as text; null without any. */
export async function newestMessageMark(client: Pick<ClientBase, 'query'>, kind: MessageKind): Promise<string | null> {
  const { rows } = await client.query<{ mark: string | null }>({ ...NEWEST, values: [kind] });
  return rows[0]?.mark ?? null;
}

const TAKE = {
  name: 'message-mark-store/take',
  text: `
with taken as (
  delete from work.message_mark
  where mark_id = any (array(
    select mark_id from work.message_mark where kind = $1 and mark_id <= $2 order by mark_id limit $3
  ))
  returning org, event_id, event_at
)
select distinct org, event_id as "eventId", event_at as "eventAt" from taken`,
};

/** Takes up to `limit` of the oldest marks of a kind up to one of them; each message once. */
export async function takeMessageMarks(
  client: ClientBase,
  kind: MessageKind,
  { upTo, limit }: { readonly upTo: string; readonly limit: number },
): Promise<readonly MessageName[]> {
  return (await client.query<MessageName>({ ...TAKE, values: [kind, upTo, limit] })).rows;
}

const SET = {
  name: 'message-mark-store/set',
  text: `
insert into work.message_mark (org, event_id, event_at, kind)
select n.*, $4 from unnest($1::text[], $2::text[], $3::timestamptz[]) as n`,
};

/** Marks messages of a kind, behind all others. */
export async function setMessageMarks(
  client: ClientBase,
  kind: MessageKind,
  names: readonly MessageName[],
): Promise<void> {
  if (names.length > 0) await client.query({ ...SET, values: [...nameValues(names), kind] });
}

const markAll = ({ kind }: MessageTables, which: string, names: string) => ({
  name: `message-mark-store/mark-${which}-${kind}`,
  text: `insert into work.message_mark (kind, org, event_id, event_at) select '${kind}', n.* from (${names}) as n`,
});

// Whom a URL or a key leads to depends on since when each owner is known to have it, and on nothing else. A sighting
// that repeats what an earlier one said, which is nearly every one, changes that for nobody.
const NEWLY_KNOWN = {
  name: 'message-mark-store/newly-known',
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
const markShowing = ({ kind, fact, identities }: MessageTables) => ({
  name: `message-mark-store/mark-showing-${kind}`,
  text: `
insert into work.message_mark (kind, org, event_id, event_at)
select distinct '${kind}', f.org, f.event_id, f.event_at
from ${fact} as f
cross join unnest(${identities}) as e (identity)
join unnest($1::text[], $2::text[], $3::timestamptz[]) as q (org, identity, since_at)
  on q.org = f.org and q.identity = e.identity and f.event_at >= q.since_at
where f.event_at >= greatest($4, (select raw_floor from work.floor))`,
});

/**
 * Marks the messages in which new sightings can change who they are about [ATTRIBUTION-001]. The caller holds the runs'
 * lock exclusively, and the runs are recomputed.
 */
export async function markMessagesOfSightings(client: ClientBase, marked: readonly MarkedSightings[]): Promise<void> {
  if (marked.length === 0) return;
  const { rows } = await client.query<{ org: string; identity: string; sinceAt: Date }>({
    ...NEWLY_KNOWN,
    values: [...spanValues(marked), SIGHTING_GRACE_MS],
  });
  if (rows.length === 0) return;
  const values = [
    rows.map(({ org }) => org),
    rows.map(({ identity }) => identity),
    rows.map(({ sinceAt }) => sinceAt),
    new Date(rows.reduce((least, { sinceAt }) => Math.min(least, sinceAt.getTime()), Number.POSITIVE_INFINITY)),
  ];
  for (const tables of MESSAGE_TABLES) await client.query({ ...markShowing(tables), values });
}

/** Messages between two instants, as marks name them; those as well that only a stored row tells of. */
export const messageNamesBetween = ({ fact, core, at }: MessageTables, from: string, to: string): string => `
select org, event_id, event_at from ${fact} where event_at >= ${from} and event_at < ${to}
union
select org, event_id, ${at} from ${core}
where bucket_start > ${from}::timestamptz - interval '5 minutes' and ${at} >= ${from} and ${at} < ${to}`;

/** Marks the messages of `[from, to)`. */
export async function markMessagesBetween(client: ClientBase, from: Date, to: Date): Promise<void> {
  for (const tables of MESSAGE_TABLES) {
    await client.query({ ...markAll(tables, 'between', messageNamesBetween(tables, '$1', '$2')), values: [from, to] });
  }
}

/** Marks the messages of some gateways. */
export async function markMessagesOfGateways(client: ClientBase, gateways: readonly string[]): Promise<void> {
  for (const tables of MESSAGE_TABLES) {
    const names = messagesOfGateways(tables.fact, NAMED_GATEWAYS);
    await client.query({ ...markAll(tables, 'of-gateways', names), values: [gateways] });
  }
}

const MESSAGES_PER_FETCH = 200;

/** The messages of `[from, to)`, those that only a stored row tells of too. */
export function streamMessageNames(
  client: ClientBase,
  tables: MessageTables,
  { from, to }: { readonly from: Date; readonly to: Date },
): AsyncGenerator<readonly MessageName[], void, undefined> {
  const names = messageNamesBetween(tables, '$1', '$2');
  const text = `select org, event_id as "eventId", event_at as "eventAt" from (${names}) as n`;
  const cursor = `${tables.kind}_name`;
  return fetchRows<MessageName>(client, { cursor, text, values: [from, to] }, MESSAGES_PER_FETCH);
}

/** Messages of a kind that are marked, also by a changed gateway. */
export const markedMessages = ({ kind, fact }: MessageTables): string => `
select org, event_id, event_at from work.message_mark where kind = '${kind}'
union
${messagesOfGateways(fact, MARKED_GATEWAYS)}`;

/** Messages of a kind whose stored rows are not yet what sightings, configuration and other messages say. */
export async function readWaitingMessages(client: ClientBase, tables: MessageTables): Promise<readonly MessageName[]> {
  const { rows } = await client.query<MessageName>({
    name: `message-mark-store/waiting-${tables.kind}`,
    text: `select org, event_id as "eventId", event_at as "eventAt" from (${markedMessages(tables)}) as m`,
  });
  return rows;
}
