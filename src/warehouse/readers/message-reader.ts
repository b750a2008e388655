import type { ClientBase } from 'pg';
import type { MessageEvent } from '../../domain/message.js';
import type { MessageTables } from '../message-tables.js';
import { fetchRows } from './cursor.js';

/** Names a message; the instant says in which piece of storage it is. */
export interface MessageName {
  readonly org: string;
  readonly eventId: string;
  readonly eventAt: Date;
}

export function messageName({ org, eventId, eventAtMs }: MessageEvent): MessageName {
  return { org, eventId, eventAt: new Date(eventAtMs) };
}

/** The parameters of three arrays that stand for some names. */
export function nameValues(names: readonly MessageName[]): readonly unknown[] {
  return [names.map(({ org }) => org), names.map(({ eventId }) => eventId), names.map(({ eventAt }) => eventAt)];
}

const columnsOf = ({ columns }: MessageTables): string =>
  `e.org, e.event_id as "eventId", (extract(epoch from e.event_at) * 1000)::float8 as "eventAtMs", e.gateway, ${columns}`;

// The bounds leave out storage without any of the events, and what retention drops or has dropped.
const namedFacts = ({ fact }: MessageTables): string => `
from unnest($1::text[], $2::text[], $3::timestamptz[]) as q (org, event_id, event_at)
cross join lateral (
  select *
  from ${fact} as f
  where f.event_id = q.event_id and f.event_at = q.event_at and f.org = q.org and f.event_at >= $4 and f.event_at <= $5
  offset 0
) as e`;

const namedValues = (names: readonly MessageName[], floor: Date): unknown[] | null => {
  const kept = names.filter(({ eventAt }) => eventAt >= floor);
  if (kept.length === 0) return null;
  const times = kept.map(({ eventAt }) => eventAt.getTime());
  return [...nameValues(kept), new Date(Math.min(...times)), new Date(Math.max(...times))];
};

/** The messages of these names, from `floor` on; each once. */
export async function readMessages<Event extends MessageEvent>(
  client: ClientBase,
  tables: MessageTables,
  { names, floor }: { readonly names: readonly MessageName[]; readonly floor: Date },
): Promise<readonly Event[]> {
  const values = namedValues(names, floor);
  if (values === null) return [];
  const { rows } = await client.query<Event>({
    name: `message-reader/named-${tables.kind}`,
    text: `select ${columnsOf(tables)}${namedFacts(tables)}`,
    values,
  });
  return rows;
}

/** The same names and those of the messages whose rows follow from them too. */
export async function withFollowers(
  client: ClientBase,
  tables: MessageTables,
  { names, floor }: { readonly names: readonly MessageName[]; readonly floor: Date },
): Promise<readonly MessageName[]> {
  const values = tables.followers === null ? null : namedValues(names, floor);
  if (values === null) return names;
  const { rows } = await client.query<MessageName>({
    name: `message-reader/followers-${tables.kind}`,
    text: `select distinct n.org, n.event_id as "eventId", n.event_at as "eventAt"${namedFacts(tables)}
cross join lateral (${tables.followers}) as n`,
    values,
  });
  const key = ({ org, eventId, eventAt }: MessageName): string => `${org}\u001f${eventId}\u001f${eventAt.getTime()}`;
  return [...new Map([...names, ...rows].map((name) => [key(name), name])).values()];
}

/** Each may name a hundred orchestrators. */
const MESSAGES_PER_FETCH = 200;

/** Every message from `floor` on, some hundred at a time; in any order. Inside a transaction. */
export function streamMessages<Event extends MessageEvent>(
  client: ClientBase,
  tables: MessageTables,
  floor: Date,
): AsyncGenerator<readonly Event[], void, undefined> {
  const text = `select ${columnsOf(tables)} from ${tables.fact} as e where e.event_at >= $1`;
  return fetchRows<Event>(client, { cursor: `${tables.kind}_message`, text, values: [floor] }, MESSAGES_PER_FETCH);
}
