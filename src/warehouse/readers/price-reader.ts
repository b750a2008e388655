import type { Pool } from 'pg';
import { keysetSql, type ListPage } from './list-page.js';
import { inList } from './listed-ids-reader.js';
import { createParameters, shapeName } from './parameters.js';

export interface PriceFilter {
  readonly orchestrator: string;
  readonly orgs: readonly string[];
  readonly pipelines: readonly string[];
  readonly models: readonly string[];
}

/** A stretch of equal price; decimals as text. */
export interface PriceStretch {
  readonly id: string;
  readonly sinceAt: Date;
  /** First report without it; null while in force. */
  readonly untilAt: Date | null;
  readonly lastSeenAt: Date;
  readonly org: string;
  /** Events of the first and of the newest report with it. */
  readonly firstEventId: string;
  readonly lastEventId: string;
  readonly orchestratorAddress: string;
  /** null when the host is private. */
  readonly orchestratorUri: string | null;
  readonly pipeline: string;
  /** `''`: for every model of the pipeline without a price of its own. */
  readonly model: string;
  readonly pricePerUnitWei: string;
  readonly pixelsPerUnit: string;
}

export interface PriceKey {
  readonly sinceMs: number;
  readonly id: string;
}

/** Prices of one orchestrator, newest start first, one more than the limit when there is one. */
export async function readPrices(
  db: Pool,
  { filter, page }: { readonly filter: PriceFilter; readonly page: ListPage<PriceKey> },
): Promise<readonly PriceStretch[]> {
  const { values, add } = createParameters();
  const conditions = filterConditions(filter, add);
  const keyOf = (key: PriceKey | null): readonly string[] | null =>
    key === null ? null : [`${add(new Date(key.sinceMs).toISOString())}::timestamptz`, `${add(key.id)}::text`];
  const keyset = keysetSql(['since_at', 'id'], true, {
    isBackward: page.isBackward,
    after: keyOf(page.after),
    before: keyOf(page.before),
  });
  const text = `select id, since_at as "sinceAt", until_at as "untilAt", last_seen_at as "lastSeenAt", org,
  first_event_id as "firstEventId", last_event_id as "lastEventId",
  orchestrator_address as "orchestratorAddress", orchestrator_uri as "orchestratorUri", pipeline, model,
  trim_scale(price_per_unit_wei)::text as "pricePerUnitWei", trim_scale(pixels_per_unit)::text as "pixelsPerUnit"
from api.price
where ${[...conditions, ...keyset.conditions].join('\n  and ')}
order by ${keyset.orderBy}
limit ${add(page.limit + 1)}::bigint`;
  const { rows } = await db.query<PriceStretch>({ name: shapeName('price-reader/page', text), text, values });
  return page.isBackward ? rows.toReversed() : rows;
}

/** How many stretches of price a filter keeps. */
export async function countPrices(db: Pool, filter: PriceFilter): Promise<number> {
  const { values, add } = createParameters();
  const text = `select count(*) as count
from api.price
where ${filterConditions(filter, add).join('\n  and ')}`;
  const { rows } = await db.query<{ count: string }>({ name: shapeName('price-reader/count', text), text, values });
  return Number(rows[0]?.count ?? 0);
}

function filterConditions(filter: PriceFilter, add: (value: unknown) => string): readonly string[] {
  return [
    `orchestrator_address = ${add(filter.orchestrator)}::text`,
    ...inList('org', filter.orgs, add),
    ...inList('pipeline', filter.pipelines, add),
    ...inList('model', filter.models, add),
  ];
}
