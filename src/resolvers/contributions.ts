import DataLoader from 'dataloader';
import { GROUP_KEYS, type GroupKey } from '../domain/dimensions.js';
import {
  type ContributionKey,
  type ContributionKindName,
  type ContributionQuery,
  type Contribution as ContributionRow,
  type CountedSpan,
  countContributions,
  readDemandContributions,
  readFailureContributions,
  readIngestContributions,
  readServiceContributions,
  readSwapContributions,
} from '../warehouse/readers/contribution-reader.js';
import type { IngestSums } from '../warehouse/readers/ingest-quality-reader.js';
import type { FailureSums, SwapSums } from '../warehouse/readers/reason-reader.js';
import type { ServiceSums, SessionCounts } from '../warehouse/readers/rollup-reader.js';
import type { ApiContext } from './context.js';
import { type CursorKey, listFingerprint } from './cursor.js';
import { once } from './grouped-answer.js';
import { type Page, type PageArgs, type PageKey, pageOf, pageRequest } from './page.js';

export type { CountedSpan };

/** A session in a number, told apart by everything its rollup is. */
export interface Contribution<Sums> extends ContributionRow<Sums> {
  readonly groupBy: readonly GroupKey[];
}

/** The sessions in a number, in the order of bucket, session and identity. */
export interface ContributionPage<Sums> extends Page<Contribution<Sums>> {
  readonly totalCount: () => Promise<number>;
}

/** Fields of one answer that ask for the sessions in their numbers share statements. */
export interface ContributionLoaders {
  readonly demand: DataLoader<ContributionQuery, readonly ContributionRow<SessionCounts>[]>;
  readonly service: DataLoader<ContributionQuery, readonly ContributionRow<ServiceSums>[]>;
  readonly failure: DataLoader<ContributionQuery, readonly ContributionRow<FailureSums>[]>;
  readonly swap: DataLoader<ContributionQuery, readonly ContributionRow<SwapSums>[]>;
  readonly ingest: DataLoader<ContributionQuery, readonly ContributionRow<IngestSums>[]>;
  readonly count: Readonly<Record<ContributionKindName, DataLoader<CountedSpan, number>>>;
}

export function createContributionLoaders(db: ApiContext['db'], context: () => ApiContext): ContributionLoaders {
  const options = { cache: false };
  const count = (kind: ContributionKindName) =>
    new DataLoader<CountedSpan, number>((spans) => countContributions(db, kind, spans), options);
  return {
    demand: new DataLoader((queries) => readDemandContributions(context(), queries), options),
    service: new DataLoader((queries) => readServiceContributions(context(), queries), options),
    failure: new DataLoader((queries) => readFailureContributions(context(), queries), options),
    swap: new DataLoader((queries) => readSwapContributions(context(), queries), options),
    ingest: new DataLoader((queries) => readIngestContributions(context(), queries), options),
    count: {
      demand: count('demand'),
      service: count('service'),
      failure: count('failure'),
      swap: count('swap'),
      ingest: count('ingest'),
    },
  };
}

/** Sessions that a number of demand counts, each once, in the bucket of its start. */
export function demandContributions(
  { loaders }: ApiContext,
  span: CountedSpan,
  args: PageArgs,
): Promise<ContributionPage<SessionCounts>> {
  const { demand, count } = loaders.contributions;
  return pageOfContributions('demand', span, args, { pages: demand, count: count.demand });
}

/** Session × bucket × identity that a number of service, or a score, counts. */
export function serviceContributions(
  { loaders }: ApiContext,
  span: CountedSpan,
  args: PageArgs,
): Promise<ContributionPage<ServiceSums>> {
  const { service, count } = loaders.contributions;
  return pageOfContributions('service', span, args, { pages: service, count: count.service });
}

/** Sessions that a number of failures counts, each once, in the bucket of its start. */
export function failureContributions(
  { loaders }: ApiContext,
  span: CountedSpan,
  args: PageArgs,
): Promise<ContributionPage<FailureSums>> {
  const { failure, count } = loaders.contributions;
  return pageOfContributions('failure', span, args, { pages: failure, count: count.failure });
}

/** Swaps that a number of swaps counts, each in the bucket of its own instant. */
export function swapContributions(
  { loaders }: ApiContext,
  span: CountedSpan,
  args: PageArgs,
): Promise<ContributionPage<SwapSums>> {
  const { swap, count } = loaders.contributions;
  return pageOfContributions('swap', span, args, { pages: swap, count: count.swap });
}

/** Session × bucket that a number of ingest quality counts, in the buckets of the session's samples. */
export function ingestContributions(
  { loaders }: ApiContext,
  span: CountedSpan,
  args: PageArgs,
): Promise<ContributionPage<IngestSums>> {
  const { ingest, count } = loaders.contributions;
  return pageOfContributions('ingest', span, args, { pages: ingest, count: count.ingest });
}

async function pageOfContributions<Sums>(
  kind: ContributionKindName,
  span: CountedSpan,
  args: PageArgs,
  loaders: {
    readonly pages: DataLoader<ContributionQuery, readonly ContributionRow<Sums>[]>;
    readonly count: DataLoader<CountedSpan, number>;
  },
): Promise<ContributionPage<Sums>> {
  const key: PageKey<Contribution<Sums>> = {
    fingerprint: listFingerprint(`contributions:${kind}`, span),
    shape: ['number', 'string', 'string'],
    of: ({ atMs, sessionId, part }) => [atMs, sessionId, part],
  };
  const request = pageRequest(args, key);
  const rows = await loaders.pages.load({
    span,
    page: { ...request, after: keyOf(request.after), before: keyOf(request.before) },
  });
  const contributions = rows.map((row) => ({
    ...row,
    groupBy: GROUP_KEYS.filter((key) => row.grain[key] !== undefined),
  }));
  return { ...pageOf(contributions, request, key), totalCount: once(() => loaders.count.load(span)) };
}

function keyOf(key: CursorKey | null): ContributionKey | null {
  if (key === null) return null;
  const [atMs, sessionId, part] = key;
  return { atMs: Number(atMs), sessionId: String(sessionId), part: checkedNumber(part) };
}

/** A cursor is anybody's text; what is no number names no row. */
function checkedNumber(text: string | number | undefined): string {
  return /^-?\d{1,19}$/.test(String(text)) ? String(text) : '0';
}
