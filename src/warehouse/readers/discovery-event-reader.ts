import type { ClientBase } from 'pg';
import type { DiscoveryEvent } from '../../domain/discovery.js';
import { fetchRows } from './cursor.js';

/** Names a discovery message; the instant says in which piece of storage it is. */
export interface DiscoveryName {
  readonly org: string;
  readonly eventId: string;
  readonly eventAt: Date;
}

const COLUMNS = `e.org, e.event_id as "eventId", (extract(epoch from e.event_at) * 1000)::float8 as "eventAtMs", e.gateway,
  e.orch_addresses as "orchAddresses", e.orch_urls as "orchUrls", e.latencies_ms as "latenciesMs"`;

// The bounds leave out storage without any of the events, and what retention drops or has dropped.
const READ_NAMED = {
  name: 'discovery-event-reader/named',
  text: `
select ${COLUMNS}
from unnest($1::text[], $2::text[], $3::timestamptz[]) as q (org, event_id, event_at)
cross join lateral (
  select *
  from fact.discovery_result as f
  where f.event_id = q.event_id and f.event_at = q.event_at and f.org = q.org and f.event_at >= $4 and f.event_at <= $5
  offset 0
) as e`,
};

/** The discovery messages of these names, from `floor` on; each once. */
export async function readDiscoveryEvents(
  client: ClientBase,
  names: readonly DiscoveryName[],
  floor: Date,
): Promise<readonly DiscoveryEvent[]> {
  const kept = names.filter(({ eventAt }) => eventAt >= floor);
  if (kept.length === 0) return [];
  const times = kept.map(({ eventAt }) => eventAt.getTime());
  const { rows } = await client.query<DiscoveryEvent>({
    ...READ_NAMED,
    values: [
      kept.map(({ org }) => org),
      kept.map(({ eventId }) => eventId),
      kept.map(({ eventAt }) => eventAt),
      new Date(Math.min(...times)),
      new Date(Math.max(...times)),
    ],
  });
  return rows;
}

/** Each may name a hundred orchestrators. */
const MESSAGES_PER_FETCH = 200;
const STREAM = `select ${COLUMNS} from fact.discovery_result as e where e.event_at >= $1`;

/** Every discovery message from `floor` on, some hundred at a time; in any order. Inside a transaction. */
export function streamDiscoveryEvents(
  client: ClientBase,
  floor: Date,
): AsyncGenerator<readonly DiscoveryEvent[], void, undefined> {
  return fetchRows<DiscoveryEvent>(
    client,
    { cursor: 'discovery_event', text: STREAM, values: [floor] },
    MESSAGES_PER_FETCH,
  );
}
