import type { Pool } from 'pg';
import { keysetSql, type ListPage } from './list-page.js';
import { createParameters, shapeName } from './parameters.js';

export interface OrchestratorFilter {
  readonly pipelines: readonly string[];
  readonly models: readonly string[];
  readonly regions: readonly string[];
  readonly seenFromMs: number | null;
}

export interface OrchestratorListQuery {
  readonly filter: OrchestratorFilter;
  /** Addresses. */
  readonly page: ListPage<string>;
}

/** Addresses of a page of orchestrators in address order, one more than the limit when there is one. */
export async function readListedOrchestrators(
  db: Pool,
  { filter, page }: OrchestratorListQuery,
): Promise<readonly string[]> {
  const { values, add } = createParameters();
  const conditions = filterConditions(filter, add);
  const keyset = keysetSql(['id'], false, {
    isBackward: page.isBackward,
    after: page.after === null ? null : [`${add(page.after)}::text`],
    before: page.before === null ? null : [`${add(page.before)}::text`],
  });
  const text = `select id
from api.orchestrator as o
where ${[...conditions, ...keyset.conditions].join('\n  and ')}
order by ${keyset.orderBy}
limit ${add(page.limit + 1)}::bigint`;
  const { rows } = await db.query<{ id: string }>({
    name: shapeName('listed-orchestrators-reader/page', text),
    text,
    values,
  });
  const ids = rows.map(({ id }) => id);
  return page.isBackward ? ids.toReversed() : ids;
}

/** How many orchestrators a filter keeps. */
export async function countOrchestrators(db: Pool, filter: OrchestratorFilter): Promise<number> {
  const { values, add } = createParameters();
  const text = `select count(*) as count
from api.orchestrator as o
where ${filterConditions(filter, add).join('\n  and ')}`;
  const { rows } = await db.query<{ count: string }>({
    name: shapeName('listed-orchestrators-reader/count', text),
    text,
    values,
  });
  return Number(rows[0]?.count ?? 0);
}

function filterConditions(filter: OrchestratorFilter, add: (value: unknown) => string): readonly string[] {
  const offered = [
    ...(filter.pipelines.length === 0 ? [] : [`f.pipeline = any(${add(filter.pipelines)}::text[])`]),
    ...(filter.models.length === 0 ? [] : [`f.model = any(${add(filter.models)}::text[])`]),
  ];
  return [
    'true',
    ...(filter.regions.length === 0 ? [] : [`region = any(${add(filter.regions)}::text[])`]),
    ...(filter.seenFromMs === null
      ? []
      : [`last_seen_at >= ${add(new Date(filter.seenFromMs).toISOString())}::timestamptz`]),
    // an offer must agree with both lists at once
    ...(offered.length === 0
      ? []
      : [
          `exists (select from api.orchestrator_offer as f where f.orchestrator_id = o.id and ${offered.join(' and ')})`,
        ]),
  ];
}
