import type { ClientBase } from 'pg';
import type { DiscoveryRow } from '../../domain/discovery.js';
import type { DiscoveryName } from '../readers/discovery-event-reader.js';
import { readTableShape, recordset, rowsParameter, upsert } from '../rows.js';

export interface DiscoveryStore {
  /**
   * Makes the stored rows of some messages equal to these; answers the buckets whose rows were written, changed or
   * removed, each once.
   */
  write(
    client: ClientBase,
    messages: readonly DiscoveryName[],
    rows: readonly DiscoveryRow[],
  ): Promise<readonly Date[]>;
}

/** A find is in the bucket of its instant: so no more storage is looked into. */
const NEAR_MS = 300_000;
const REMOVE_SURPLUS = {
  name: 'discovery-store/remove-surplus',
  text: `
with removed as (
  delete from core.discovery as t
  using jsonb_to_recordset($1::jsonb) as q (org text, "eventId" text, "eventAt" timestamptz)
  where t.event_id = q."eventId" and t.org = q.org and t.discovered_at = q."eventAt"
    and t.bucket_start >= $3 and t.bucket_start <= $4
    and not exists (
      select
      from jsonb_to_recordset($2::jsonb) as r (org text, "eventId" text, "bucketStart" timestamptz, ordinal smallint)
      where r."eventId" = t.event_id and r.org = t.org and r."bucketStart" = t.bucket_start and r.ordinal = t.ordinal
    )
  returning t.bucket_start
)
select distinct bucket_start from removed`,
};

/** A message never changes, so what is removed was never one of its elements. */
export async function createDiscoveryStore(client: Pick<ClientBase, 'query'>): Promise<DiscoveryStore> {
  const shape = await readTableShape(client, 'core.discovery');
  const write = {
    name: 'discovery-store/write',
    text: `
with written as (
  ${upsert(shape, recordset('$1', shape.columns), 't.bucket_start')}
)
select distinct bucket_start from written`,
  };
  return {
    async write(session, messages, rows) {
      if (messages.length === 0) return [];
      const computed = rowsParameter(rows);
      const times = messages.map(({ eventAt }) => eventAt.getTime());
      const removed = await session.query<{ bucket_start: Date }>({
        ...REMOVE_SURPLUS,
        values: [
          rowsParameter(messages),
          rowsParameter(rows.map(({ org, eventId, bucketStart, ordinal }) => ({ org, eventId, bucketStart, ordinal }))),
          new Date(Math.min(...times) - NEAR_MS),
          new Date(Math.max(...times)),
        ],
      });
      const written = await session.query<{ bucket_start: Date }>({ ...write, values: [computed] });
      const buckets = [...removed.rows, ...written.rows].map((row) => row.bucket_start.getTime());
      return [...new Set(buckets)].map((ms) => new Date(ms));
    },
  };
}
