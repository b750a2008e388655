import type { PoolClient } from 'pg';
import type { CapabilitySighting } from '../../domain/event.js';
import type { PlacedEvent } from './copy-table.js';

const CONTENT_SQL = `
insert into fact.capability_content (content_hash, content)
select * from unnest($1::text[], $2::jsonb[])
on conflict do nothing`;

// Asked after the batch's own sightings are stored, so that those of one batch count in their order too.
const UNCHANGED_SQL = `
select s.source_id, count(*)::integer as element_count
from unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[])
  as s (source_id, org, address, uri, ms, event_id, content_hash)
cross join lateral (
  select p.content_hash
  from fact.capability_sighting as p
  where p.org = s.org and p.address = s.address and p.uri = s.uri
    and (p.observed_at, p.event_id) < (timestamptz 'epoch' + s.ms * interval '1 millisecond', s.event_id)
  order by p.observed_at desc, p.event_id desc
  limit 1
) as in_force
where in_force.content_hash = s.content_hash
group by s.source_id`;

interface PlacedSighting {
  readonly placed: PlacedEvent;
  readonly sighting: CapabilitySighting;
}

function sightingsOf(events: readonly PlacedEvent[]): readonly PlacedSighting[] {
  return events.flatMap((placed) =>
    placed.event.fact.kind === 'capabilities'
      ? placed.event.fact.sightings.map((sighting) => ({ placed, sighting }))
      : [],
  );
}

/** Stores each distinct content of a batch once, by its hash [TYPED_RAW-003]. */
export async function writeContents(client: PoolClient, events: readonly PlacedEvent[]): Promise<void> {
  const byHash = new Map(sightingsOf(events).map(({ sighting }) => [sighting.contentHash, sighting.content]));
  if (byHash.size === 0) {
    return;
  }
  // in one order, so that writers of the same contents wait instead of deadlocking
  const contents = [...byHash].sort(([a], [b]) => (a < b ? -1 : 1));
  await client.query({
    name: 'capability-writer/contents',
    text: CONTENT_SQL,
    values: [contents.map(([hash]) => hash), contents.map(([, content]) => JSON.stringify(content))],
  });
}

/** Elements of the batch whose content equals the one in force before them, by source id [TYPED_RAW-003]. */
export async function countUnchanged(
  client: PoolClient,
  events: readonly PlacedEvent[],
): Promise<ReadonlyMap<number, number>> {
  const seen = sightingsOf(events);
  if (seen.length === 0) {
    return new Map();
  }
  const { rows } = await client.query<{ source_id: number; element_count: number }>({
    name: 'capability-writer/unchanged',
    text: UNCHANGED_SQL,
    values: [
      seen.map(({ placed }) => placed.sourceId),
      seen.map(({ placed }) => placed.event.org),
      seen.map(({ sighting }) => sighting.address),
      seen.map(({ sighting }) => sighting.uri),
      seen.map(({ placed }) => placed.event.eventAtMs),
      seen.map(({ placed }) => placed.event.eventId),
      seen.map(({ sighting }) => sighting.contentHash),
    ],
  });
  return new Map(rows.map((row) => [row.source_id, row.element_count]));
}
