import DataLoader from 'dataloader';
import { DIMENSIONS, type Dimension } from '../domain/dimensions.js';
import {
  type ContributionKey,
  type ContributionQuery,
  type Contribution as ContributionRow,
  type CountedSpan,
  countContributions,
  readDemandContributions,
  readServiceContributions,
} from '../warehouse/readers/contribution-reader.js';
import type { ServiceSums, SessionCounts } from '../warehouse/readers/rollup-reader.js';
import type { ApiContext } from './context.js';
import { type CursorKey, listFingerprint } from './cursor.js';
import { once } from './grouped-answer.js';
import { type Page, type PageArgs, type PageKey, pageOf, pageRequest } from './page.js';

export type { CountedSpan };

/** A session in a number, told apart by every dimension. */
export interface Contribution<Sums> extends ContributionRow<Sums> {
  readonly groupBy: readonly Dimension[];
}

/** The sessions in a number, in the order of bucket, session and identity. */
export interface ContributionPage<Sums> extends Page<Contribution<Sums>> {
  readonly totalCount: () => Promise<number>;
}

/** Fields of one answer that ask for the sessions in their numbers share statements. */
export interface ContributionLoaders {
  readonly demand: DataLoader<ContributionQuery, readonly ContributionRow<SessionCounts>[]>;
  readonly service: DataLoader<ContributionQuery, readonly ContributionRow<ServiceSums>[]>;
  readonly demandCount: DataLoader<CountedSpan, number>;
  readonly serviceCount: DataLoader<CountedSpan, number>;
}

export function createContributionLoaders(db: ApiContext['db'], context: () => ApiContext): ContributionLoaders {
  const options = { cache: false };
  return {
    demand: new DataLoader((queries) => readDemandContributions(context(), queries), options),
    service: new DataLoader((queries) => readServiceContributions(context(), queries), options),
    demandCount: new DataLoader((spans) => countContributions(db, 'demand', spans), options),
    serviceCount: new DataLoader((spans) => countContributions(db, 'service', spans), options),
  };
}

/** Sessions that a number of demand counts, each once, in the bucket of its start. */
export function demandContributions(
  { loaders }: ApiContext,
  span: CountedSpan,
  args: PageArgs,
): Promise<ContributionPage<SessionCounts>> {
  return pageOfContributions('demand', span, args, loaders.contributions.demand, loaders.contributions.demandCount);
}

/** Session × bucket × identity that a number of service, or a score, counts. */
export function serviceContributions(
  { loaders }: ApiContext,
  span: CountedSpan,
  args: PageArgs,
): Promise<ContributionPage<ServiceSums>> {
  return pageOfContributions('service', span, args, loaders.contributions.service, loaders.contributions.serviceCount);
}

async function pageOfContributions<Sums>(
  kind: string,
  span: CountedSpan,
  args: PageArgs,
  pages: DataLoader<ContributionQuery, readonly ContributionRow<Sums>[]>,
  counts: DataLoader<CountedSpan, number>,
): Promise<ContributionPage<Sums>> {
  const key: PageKey<Contribution<Sums>> = {
    fingerprint: listFingerprint(`contributions:${kind}`, span),
    shape: ['number', 'string', 'string'],
    of: ({ atMs, sessionId, grainId }) => [atMs, sessionId, grainId],
  };
  const request = pageRequest(args, key);
  const rows = await pages.load({
    span,
    page: { ...request, after: keyOf(request.after), before: keyOf(request.before) },
  });
  const contributions = rows.map((row) => ({ ...row, groupBy: DIMENSIONS }));
  return { ...pageOf(contributions, request, key), totalCount: once(() => counts.load(span)) };
}

function keyOf(key: CursorKey | null): ContributionKey | null {
  if (key === null) return null;
  const [atMs, sessionId, grainId] = key;
  return { atMs: Number(atMs), sessionId: String(sessionId), grainId: checkedGrain(grainId) };
}

/** A cursor is anybody's text; what is no number names no row. */
function checkedGrain(text: string | number | undefined): string {
  return /^-?\d{1,19}$/.test(String(text)) ? String(text) : '0';
}
