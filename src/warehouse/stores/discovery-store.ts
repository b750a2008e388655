import type { ClientBase } from 'pg';
import type { DiscoveryRow } from '../../domain/discovery.js';
import { readTableShape, recordset, rowsParameter, upsert } from '../rows.js';

export interface DiscoveryStore {
  /** Stores the rows, where they differ; answers the buckets whose rows were written or changed, each once. */
  write(client: ClientBase, rows: readonly DiscoveryRow[]): Promise<readonly Date[]>;
}

/** A message never changes, so its elements, their instant and their number do not: nothing is ever removed. */
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
    async write(session, rows) {
      if (rows.length === 0) return [];
      const written = await session.query<{ bucket_start: Date }>({ ...write, values: [rowsParameter(rows)] });
      return written.rows.map((row) => row.bucket_start);
    },
  };
}
