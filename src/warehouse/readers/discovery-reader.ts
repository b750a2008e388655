import type { Pool } from 'pg';
import { bucketedKey, type GrainSelection, grainConditions, instantConditions } from './list-conditions.js';
import { keysetSql, type ListPage } from './list-page.js';
import { createParameters, shapeName } from './parameters.js';

export interface DiscoveryFilter extends GrainSelection {
  readonly fromMs: number | null;
  readonly untilMs: number | null;
}

/** A row of `api.discovery`; texts are `''` when unknown. */
export interface ListedDiscovery {
  readonly id: string;
  readonly discoveredAt: Date;
  readonly org: string;
  readonly eventId: string;
  readonly ordinal: number;
  readonly gateway: string;
  readonly orchestratorAddress: string;
  readonly region: string;
  readonly orchestratorUri: string | null;
  readonly latencyMs: number | null;
}

/** Position of a find in a list: the instant of its message, and its id. */
export interface DiscoveryKey {
  readonly atMs: number;
  readonly id: string;
}

/** Columns of a row. */
export const DISCOVERY_COLUMNS = `id, discovered_at as "discoveredAt", org, event_id as "eventId", ordinal, gateway,
  orchestrator_address as "orchestratorAddress", region, orchestrator_uri as "orchestratorUri",
  latency_ms::float8 as "latencyMs"`;

/** Finds with the dimensions that none has, blank as in their grain, so that they are filtered as their sums are. */
export const FINDS = `(
  select *, '' as pipeline, '' as model, '' as gpu_id, false as is_synthetic
  from api.discovery
)`;

/** A page of finds by the instant of their message, newest first, one more than the limit when there is one. */
export async function readDiscoveries(
  db: Pool,
  query: { readonly filter: DiscoveryFilter; readonly page: ListPage<DiscoveryKey> },
): Promise<readonly ListedDiscovery[]> {
  const { filter, page } = query;
  const { values, add } = createParameters();
  const conditions = filterConditions(filter, add);
  const keyset = keysetSql(['bucket_start', 'discovered_at', 'id'], true, {
    isBackward: page.isBackward,
    after: bucketedKey(page.after, add),
    before: bucketedKey(page.before, add),
  });
  const text = `select ${DISCOVERY_COLUMNS}
from ${FINDS} as find
where ${[...conditions, ...keyset.conditions].join('\n  and ')}
order by ${keyset.orderBy}
limit ${add(page.limit + 1)}::bigint`;
  const { rows } = await db.query<ListedDiscovery>({ name: shapeName('discovery-reader/page', text), text, values });
  return page.isBackward ? rows.toReversed() : rows;
}

/** How many finds a filter keeps. */
export async function countDiscoveries(db: Pool, filter: DiscoveryFilter): Promise<number> {
  const { values, add } = createParameters();
  const text = `select count(*) as count
from ${FINDS} as find
where ${filterConditions(filter, add).join('\n  and ')}`;
  const { rows } = await db.query<{ count: string }>({
    name: shapeName('discovery-reader/count', text),
    text,
    values,
  });
  return Number(rows[0]?.count ?? 0);
}

function filterConditions(filter: DiscoveryFilter, add: (value: unknown) => string): readonly string[] {
  return [...grainConditions(filter, add), ...instantConditions('discovered_at', filter, add)];
}
