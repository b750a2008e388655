import { type DiscoverySums, readDiscoveryMetrics } from '../warehouse/readers/discovery-metrics-reader.js';
import {
  countDiscoveries,
  type DiscoveryFilter,
  type DiscoveryKey,
  type ListedDiscovery,
  readDiscoveries,
} from '../warehouse/readers/discovery-reader.js';
import { keysOfRollup } from '../warehouse/readers/grain.js';
import type { ApiContext } from './context.js';
import { type CursorKey, listFingerprint } from './cursor.js';
import { answerGrouped, type GroupedAnswer, type GroupedArgs, type GroupedSource, once } from './grouped-answer.js';
import { type GroupingArgs, resolveGrouping } from './grouping.js';
import { type Page, type PageArgs, type PageKey, pageOf, pageRequest } from './page.js';
import { listBounds, type RangeArgument, ROLLUP_BUCKETS } from './range.js';

export type { DiscoverySums, ListedDiscovery };

export interface DiscoveryListArgs extends PageArgs, Pick<GroupingArgs, 'where'> {
  readonly discoveredIn?: RangeArgument | null | undefined;
}

export interface DiscoveryPage extends Page<ListedDiscovery> {
  readonly totalCount: () => Promise<number>;
}

/** A page of finds, newest first: one statement. */
export async function discoveries(context: ApiContext, args: DiscoveryListArgs): Promise<DiscoveryPage> {
  const { discoveredIn, where } = args;
  const filter: DiscoveryFilter = {
    grain: resolveGrouping({ where }, { field: 'discoveries', keys: DISCOVERY.keys }).filter,
    synthetic: 'INCLUDE',
    ...listBounds(discoveredIn),
  };
  const key: PageKey<ListedDiscovery> = {
    fingerprint: listFingerprint('discoveries', { discoveredIn, where }),
    shape: ['number', 'string'],
    of: ({ discoveredAt, id }) => [discoveredAt.getTime(), id],
  };
  const request = pageRequest(args, key);
  const rows = await readDiscoveries(context.db, {
    filter,
    page: { ...request, after: keyOf(request.after), before: keyOf(request.before) },
  });
  return { ...pageOf(rows, request, key), totalCount: once(() => countDiscoveries(context.db, filter)) };
}

/** Finds do not say whether they are test traffic, so that there is nothing to choose. */
export type DiscoveryMetricsArgs = Omit<GroupedArgs, 'synthetic'>;

export const DISCOVERY: GroupedSource<DiscoverySums> = {
  field: 'discoveryMetrics',
  keys: keysOfRollup('discovery'),
  buckets: ROLLUP_BUCKETS,
  finestUnasked: 'MINUTE_5',
  read: readDiscoveryMetrics,
  weight: (sums) => sums.foundCount,
};

/** What gateways found when they looked for orchestrators, at any grain, most often found first [domain 4.3]. */
export function discoveryMetrics(
  context: ApiContext,
  args: DiscoveryMetricsArgs,
): Promise<GroupedAnswer<DiscoverySums>> {
  return answerGrouped(context, DISCOVERY, args);
}

function keyOf(key: CursorKey | null): DiscoveryKey | null {
  if (key === null) return null;
  const [atMs, id] = key;
  return { atMs: Number(atMs), id: String(id) };
}
